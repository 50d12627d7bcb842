// api.js calls the emulator's own API, as the AWS CLI does, and reads its outbox.

/** An error of the API. Its type is empty if there was no answer at all. */
export class APIError extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

const noAnswer = 'The emulator did not answer. Is "poolprep emulate" still running?';
const logOperations = new Set(['DescribeLogGroups', 'DescribeLogStreams', 'FilterLogEvents']);

/** Sends a request and returns the answer and its text. A page of another origin cannot send the header that is added. */
async function send(method, path, headers, body) {
  try {
    const answer = await fetch(path, {
      method, body, headers: { ...headers, 'X-Poolprep-Page': 'console' }, credentials: 'omit', signal: AbortSignal.timeout(60_000),
    });
    return [answer, await answer.text()];
  } catch {
    throw new APIError('', noAnswer);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new APIError('', noAnswer);
  }
}

/** Calls an operation and returns its answer. */
export async function call(operation, input) {
  const service = logOperations.has(operation) ? 'Logs_20140328' : 'AWSCognitoIdentityProviderService';
  const headers = { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `${service}.${operation}` };
  const [answer, text] = await send('POST', '/', headers, JSON.stringify(input));
  const body = parse(text);
  if (!answer.ok) {
    throw new APIError(body.__type ?? `HTTP ${answer.status}`, body.message ?? '');
  }
  return body;
}

/** Calls an action of IAM and returns the element of its result. */
export async function callIAM(action, input = {}) {
  const form = new URLSearchParams({ Action: action, Version: '2010-05-08', ...input });
  const [answer, text] = await send('POST', '/', { 'Content-Type': 'application/x-www-form-urlencoded' }, form.toString());
  const xml = new DOMParser().parseFromString(text, 'application/xml');
  if (!answer.ok) {
    throw new APIError(textIn(xml, 'Code') ?? `HTTP ${answer.status}`, textIn(xml, 'Message') ?? '');
  }
  return xml.documentElement;
}

/** Returns the text of the first element with a name, undefined if there is none. */
export const textIn = (xml, name) => xml.querySelector(name)?.textContent;

/** Returns the newest messages of the outbox to the users of a pool, the newest first, or those to one user. */
export async function outbox(pool, newest, username) {
  const query = new URLSearchParams({ pool, newest });
  if (username) {
    query.set('username', username);
  }
  const [answer, text] = await send('GET', `/_poolprep/outbox?${query}`);
  if (!answer.ok) {
    throw new APIError(`HTTP ${answer.status}`, text);
  }
  return parse(text);
}

/** Calls an operation for every part of its list, at most 100, and returns all members of that name. */
export async function listAll(operation, input, member) {
  const all = [];
  for (let next, parts = 0; parts < 100; parts++) {
    const answer = await call(operation, { ...input, NextToken: next });
    all.push(...answer[member]);
    next = answer.NextToken;
    if (!next) {
      break;
    }
  }
  return all;
}

/** Lists all pools. */
export const listPools = () => listAll('ListUserPools', { MaxResults: 60 }, 'UserPools');

/** Returns the name of a pool's log group, undefined if there is none yet. */
export async function logGroup(pool) {
  const answer = await call('DescribeLogGroups', { logGroupNamePrefix: `/aws/cognito/userpools/${pool}/` });
  return answer.logGroups[0]?.logGroupName;
}

/** Puts a file to a pre-signed URL. progress is told the bytes that were sent. */
export function upload(url, file, progress) {
  return new Promise((resolve, reject) => {
    // fetch cannot tell how far an upload is.
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => (request.status === 200 ? resolve() : reject(refusal(request)));
    request.onerror = () => reject(new APIError('', 'The connection was closed, or the file could not be read, before all of it was sent. Nothing was stored; choose it again.'));
    request.open('PUT', url);
    request.setRequestHeader('x-amz-server-side-encryption', 'aws:kms');
    request.setRequestHeader('Content-Type', 'text/csv');
    request.send(file);
  });
}

/** Reads why an upload was refused: XML, as S3 writes it. */
function refusal(request) {
  const xml = new DOMParser().parseFromString(request.responseText, 'application/xml');
  return new APIError(textIn(xml, 'Code') ?? `HTTP ${request.status}`, textIn(xml, 'Message') ?? '');
}

/** Returns when a pre-signed URL ends to be good. */
export function expiry(url) {
  const query = new URL(url).searchParams;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date'));
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) + 1000 * query.get('X-Amz-Expires'));
}
