// signin.js tries a user: it calls what an app calls, with the client of an app,
// and shows what the app would get.
import { APIError, call, listAll } from './api.js';
import { address, byID, clearError, element, once, onChoice, redraw, refresh, row, setStatus, setText, showError, time } from './page.js';

// What an answer means, beside its own words.
const meanings = {
  PasswordResetRequiredException: 'The user has no password yet and must choose one. Choose Forgot password: the app asks for the code and a new password.',
  UserNotFoundException: 'There is no such user. An app client that prevents user existence errors gets the answer to a wrong password instead.',
  UserNotConfirmedException: 'The user has signed up, and must first confirm that with the code.',
  NotAuthorizedException: 'The user does not get in.',
  CodeMismatchException: 'The code is not the one that was sent last.',
  ExpiredCodeException: 'The code is too old, was used, or none was sent. Choose Forgot password for another.',
  LimitExceededException: 'There were too many tries.',
  InvalidPasswordException: 'The new password does not follow the password policy of the user pool.',
  InvalidParameterException: 'The request cannot be carried out as it is.',
};

let pool; // that is shown
let clients = ''; // those that are offered, as JSON
let client; // with which the user tries
let attempt; // what an attempt is about: username, session, tokens

/** Begins with another pool, or with a user. */
export function openSignin(id, [username]) {
  if (id !== pool) {
    pool = id;
    clients = '';
    attempt = undefined;
    byID('signin-form').reset();
    byID('answer').hidden = true;
    showClientForm(false);
    clearError(byID('signin-error'), byID('client-error'));
  }
  if (username !== undefined && username !== attempt?.username) {
    byID('signin-user').value = username;
    byID('signin-password').value = '';
    byID('answer').hidden = true;
  }
  byID('to-outbox').href = address(id, 'outbox');
}

/** Asks which app clients a pool has. The result offers them. */
export async function askSignin() {
  const list = await listAll('ListUserPoolClients', { UserPoolId: pool }, 'UserPoolClients');
  return () => {
    const now = JSON.stringify(list);
    if (now === clients) {
      return;
    }
    clients = now;
    const chosen = byID('client').value;
    byID('client').replaceChildren(...list.map((c) => new Option(c.ClientName, c.ClientId, false, c.ClientId === chosen)));
    showClientForm(list.length === 0);
    byID('client').disabled = list.length === 0;
    setText(byID('client-hint'), list.length === 0 ? 'The user pool has no app client yet: create one.' : '');
  };
}

function showClientForm(on) {
  byID('client-form').hidden = !on;
  byID('client-show').setAttribute('aria-expanded', String(on));
}

onChoice(byID('client-show'), async () => {
  showClientForm(byID('client-form').hidden);
  if (!byID('client-form').hidden) {
    byID('client-name').focus();
  }
});

byID('client-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, createClient);
});

async function createClient() {
  clearError(byID('client-error'));
  try {
    const { UserPoolClient: made } = await call('CreateUserPoolClient', {
      UserPoolId: pool, ClientName: byID('client-name').value, GenerateSecret: byID('client-secret').checked,
      PreventUserExistenceErrors: byID('client-prevent').checked ? 'ENABLED' : 'LEGACY',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    });
    byID('client-form').reset();
    (await askSignin())();
    byID('client').value = made.ClientId;
    showClientForm(false);
    byID('client').focus();
  } catch (error) {
    showError(byID('client-error'), 'The app client was not created.', error);
  }
}

/** Returns what a client with a secret sends beside the name of a user; undefined for one without. */
async function secretHash(username) {
  if (client.ClientSecret === undefined) {
    return undefined;
  }
  if (!globalThis.crypto?.subtle) {
    throw new APIError('', 'The browser does not compute a secret hash at this address. Open the page by localhost, or choose an app client without a secret.');
  }
  const bytes = (text) => new TextEncoder().encode(text);
  const key = await crypto.subtle.importKey('raw', bytes(client.ClientSecret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const hash = await crypto.subtle.sign('HMAC', key, bytes(username + client.ClientId));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

/** Tries with the client that is chosen. What cannot be tried is said at the form; what is refused is an answer. */
async function attemptWith(operation, make, show) {
  clearError(byID('signin-error'));
  try {
    const input = await make();
    try {
      show(operation, await call(operation, input));
    } catch (error) {
      if (!error.type) {
        throw error;
      }
      showRefusal(operation, error);
    }
  } catch (error) {
    showError(byID('signin-error'), 'That could not be tried.', error);
  }
}

/** Begins an attempt with the user and the client of the form. */
async function begin() {
  attempt = { username: byID('signin-user').value.trim() };
  byID('answer').hidden = true;
  const id = byID('client').value;
  if (!id) {
    showClientForm(true);
    throw new APIError('', 'The user pool has no app client: create one first.');
  }
  client = (await call('DescribeUserPoolClient', { UserPoolId: pool, ClientId: id })).UserPoolClient;
}

const isAdmin = () => byID('flow').value.startsWith('ADMIN_');
const scope = () => ({ ClientId: client.ClientId, ...(isAdmin() && { UserPoolId: pool }) });

const signIn = () => attemptWith(isAdmin() ? 'AdminInitiateAuth' : 'InitiateAuth', async () => {
  await begin();
  const flow = byID('flow').value;
  const proof = flow === 'USER_SRP_AUTH' ? { SRP_A: '1' } : { PASSWORD: byID('signin-password').value };
  return { ...scope(), AuthFlow: flow, AuthParameters: { USERNAME: attempt.username, ...proof, SECRET_HASH: await secretHash(attempt.username) } };
}, showAuth);

byID('signin-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, signIn);
});

onChoice(byID('forgot'), async () => {
  if (byID('signin-user').reportValidity()) {
    await attemptWith('ForgotPassword', async () => {
      await begin();
      return { ClientId: client.ClientId, Username: attempt.username, SecretHash: await secretHash(attempt.username) };
    }, (operation, answer) => {
      const { Destination: to, DeliveryMedium: medium } = answer.CodeDeliveryDetails;
      attempt.forgot = true;
      showAnswer(operation, answer, 'Code sent', 'Pending', `A code went to ${to} by ${medium === 'SMS' ? 'SMS' : 'e-mail'}.`);
    });
  }
});

byID('forgot-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, () => attemptWith('ConfirmForgotPassword', async () => ({
    ClientId: client.ClientId, Username: attempt.username, SecretHash: await secretHash(attempt.username),
    ConfirmationCode: byID('forgot-code').value.trim(), Password: byID('forgot-password').value,
  }), (operation, answer) => {
    attempt.forgot = false;
    byID('signin-password').value = '';
    showAnswer(operation, answer, 'Changed', 'Succeeded', 'The user has the new password, and can sign in with it.');
  }));
});

byID('password-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, () => attemptWith(isAdmin() ? 'AdminRespondToAuthChallenge' : 'RespondToAuthChallenge', async () => ({
    ...scope(), ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: attempt.session,
    ChallengeResponses: { USERNAME: attempt.challenged, NEW_PASSWORD: byID('new-password').value, SECRET_HASH: await secretHash(attempt.challenged) },
  }), showAuth));
});

onChoice(byID('token-user'), () => attemptWith('GetUser', async () => ({ AccessToken: attempt.tokens.AccessToken }),
  (operation, answer) => showAnswer(operation, answer, 'User', 'Succeeded', 'The app gets the user of the access token.')));

onChoice(byID('token-refresh'), () => attemptWith('InitiateAuth', async () => ({
  ClientId: client.ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH',
  AuthParameters: { REFRESH_TOKEN: attempt.tokens.RefreshToken, SECRET_HASH: await secretHash(claims(attempt.tokens.AccessToken).username) },
}), showAuth));

onChoice(byID('token-out'), () => attemptWith('GlobalSignOut', async () => ({ AccessToken: attempt.tokens.AccessToken }),
  (operation, answer) => showAnswer(operation, answer, 'Signed out', 'Stopped', 'The tokens of the user cannot be used any more. Try Get user or Refresh tokens.')));

/** Shows the answer to a sign-in: tokens or a challenge. */
function showAuth(operation, answer) {
  if (answer.AuthenticationResult) {
    attempt.session = undefined;
    attempt.tokens = { ...attempt.tokens, ...answer.AuthenticationResult };
    showAnswer(operation, answer, 'Signed in', 'Succeeded', `The app gets tokens that are good for ${answer.AuthenticationResult.ExpiresIn / 60} minutes.`);
    return;
  }
  attempt.session = answer.Session;
  attempt.challenged = answer.ChallengeParameters.USER_ID_FOR_SRP ?? attempt.username;
  showAnswer(operation, answer, 'Challenge', 'Pending', 'The password is right, but temporary: the app asks the user for a new one (NEW_PASSWORD_REQUIRED).');
}

function showRefusal(operation, error) {
  const { type, message } = error;
  const words = [meanings[type], error.message].filter(Boolean);
  showAnswer(operation, { __type: type, message }, 'Refused', 'Failed', words[0] ?? 'The request is refused.', error);
}

function showAnswer(operation, answer, state, kind, words, error) {
  clearError(byID('refusal'));
  byID('answer').hidden = false;
  setStatus(byID('answer-state'), kind, state);
  setText(byID('answer-words'), words);
  setText(byID('answer-operation'), operation);
  if (error) {
    showError(byID('refusal'), 'The message is', error);
  }
  byID('password-form').hidden = !attempt.session;
  byID('forgot-form').hidden = !attempt.forgot;
  for (const id of ['new-password', 'forgot-code', 'forgot-password']) {
    if (!error) {
      byID(id).value = '';
    }
  }
  byID('session').hidden = !attempt.tokens;
  if (attempt.tokens) {
    drawClaims('id-claims', attempt.tokens.IdToken);
    drawClaims('access-claims', attempt.tokens.AccessToken);
  }
  setText(byID('answer-json'), JSON.stringify(answer, null, 2));
  byID('answer-title').focus();
  refresh();
}

/** Returns what a token claims. The signature is the business of the app. */
function claims(token) {
  const bytes = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
}

const times = new Set(['auth_time', 'exp', 'iat']);

function drawClaims(id, token) {
  redraw(byID(id).tBodies[0], Object.entries(claims(token)), ([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return row(['Claim', 'Value'], name, element('span', '', times.has(name) ? `${text} (${time(value)})` : text));
  });
}
