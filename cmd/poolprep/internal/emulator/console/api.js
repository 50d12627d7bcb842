// api.js calls the emulator's own API, as the AWS CLI does. There is no other.

/** An error of the API. Its type is empty if there was no answer at all. */
export class APIError extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

const noAnswer = 'The emulator did not answer. Is "poolprep emulate" still running?';
const logOperations = new Set(['DescribeLogGroups', 'FilterLogEvents']);

/** Calls an operation and returns its answer. */
export async function call(operation, input) {
  const service = logOperations.has(operation) ? 'Logs_20140328' : 'AWSCognitoIdentityProviderService';
  let answer, body;
  try {
    answer = await fetch('/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `${service}.${operation}`, 'X-Poolprep-Page': 'console' },
      body: JSON.stringify(input),
      credentials: 'omit',
      signal: AbortSignal.timeout(60_000),
    });
    body = await answer.json();
  } catch {
    throw new APIError('', noAnswer);
  }
  if (!answer.ok) {
    throw new APIError(body.__type ?? `HTTP ${answer.status}`, body.message ?? '');
  }
  return body;
}

/** Lists all pools. */
export async function listPools() {
  const pools = [];
  for (let next; ;) {
    const answer = await call('ListUserPools', { MaxResults: 60, NextToken: next });
    pools.push(...answer.UserPools);
    next = answer.NextToken;
    if (!next) {
      return pools;
    }
  }
}

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
  const text = (name) => xml.querySelector(name)?.textContent;
  return new APIError(text('Code') ?? `HTTP ${request.status}`, text('Message') ?? '');
}

/** Returns when a pre-signed URL ends to be good. */
export function expiry(url) {
  const query = new URL(url).searchParams;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date'));
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) + 1000 * query.get('X-Amz-Expires'));
}
