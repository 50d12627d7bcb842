#!/bin/sh
# amazon-cognito-identity-js, the SDK of browser applications, signs in against
# `poolprep emulate` as it does against the service. It takes bin/poolprep as it is, node and
# npm, and stops what it starts.
set -eu
sdk=amazon-cognito-identity-js@6.3.21
. .ci/emulated.sh
needs node npm curl
cd "$dir"
installs "$sdk"
begin -v
"$bin" header --password-hash bcrypt >users.csv
# The hash is that of Correct-horse-7.
cat >>users.csv <<'ROWS'
,,,,,,,,,anna@example.com,TRUE,,,,,,,,,,anna,$2a$04$3Xy5qhsLYZAns4PJLcxahup3Yf13V5W4QMEHXfLA9GlPEYJX4TTPO
,,,,,,,,,bert@example.com,TRUE,,,,,,,,,,bert,
ROWS
cat >walk.cjs <<'WALK'
const { CognitoUserPool, CognitoUser, AuthenticationDetails } = require('amazon-cognito-identity-js');
const fs = require('fs');
const assert = require('assert');
const url = process.argv[2], UserPoolId = 'local_default';

async function api(operation, input) { // as an administrator
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ UserPoolId, ...input }), headers: {
    'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.' + operation,
    authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0' } });
  const out = await answer.json();
  assert.equal(answer.status, 200, operation + ': ' + JSON.stringify(out));
  return out;
}

async function importUsers() {
  const { UserImportJob: job } = await api('CreateUserImportJob', { JobName: 'walk', CloudWatchLogsRoleArn: 'arn:aws:iam::000000000000:role/any', PasswordHashingAlgorithm: 'BCRYPT' });
  const put = await fetch(job.PreSignedUrl, { method: 'PUT', body: fs.readFileSync('users.csv'), headers: { 'x-amz-server-side-encryption': 'aws:kms' } });
  assert.equal(put.status, 200);
  await api('StartUserImportJob', { JobId: job.JobId });
  for (let i = 0; i < 100; i++) {
    const { UserImportJob: now } = await api('DescribeUserImportJob', { JobId: job.JobId });
    if (now.Status === 'Succeeded') return;
    assert(['Pending', 'InProgress'].includes(now.Status), now.CompletionMessage);
    await new Promise((ok) => setTimeout(ok, 100));
  }
  assert.fail('the job does not end');
}

(async () => {
  await importUsers();
  const { UserPoolClient } = await api('CreateUserPoolClient', { ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] });
  const Pool = new CognitoUserPool({ UserPoolId, ClientId: UserPoolClient.ClientId, endpoint: url });
  const user = (Username, flow = 'USER_PASSWORD_AUTH') => {
    const u = new CognitoUser({ Username, Pool });
    u.setAuthenticationFlowType(flow);
    return u;
  };
  const call = (f) => new Promise((ok, no) => f((error, result) => (error ? no(error) : ok(result))));
  const handlers = (f) => new Promise((ok, no) => f({ onSuccess: ok, onFailure: no, inputVerificationCode: ok, newPasswordRequired: (attributes) => ok({ attributes }) }));
  const signIn = (u, Password) => handlers((h) => u.authenticateUser(new AuthenticationDetails({ Username: u.getUsername(), Password }), h));
  const refused = async (promise, name, message) => {
    const error = await promise.then(() => assert.fail('it is not refused: ' + message), (e) => e);
    assert.equal(error.name + ': ' + error.message, name + ': ' + message);
  };
  const incorrect = ['NotAuthorizedException', 'Incorrect username or password.'];

  console.log('the old password');
  let anna = user('anna');
  const session = await signIn(anna, 'Correct-horse-7');
  assert(session.isValid());
  assert.equal(session.getIdToken().payload.email, 'anna@example.com');
  const attributes = await call((f) => anna.getUserAttributes(f));
  assert(attributes.some((a) => a.Name === 'email' && a.Value === 'anna@example.com'));
  await call((f) => anna.refreshSession(session.getRefreshToken(), f));
  await refused(signIn(user('anna'), 'wrong'), ...incorrect);
  await refused(signIn(user('anna', 'USER_SRP_AUTH'), 'Correct-horse-7'), ...incorrect);

  console.log('another password, sign-out');
  await call((f) => anna.changePassword('Correct-horse-7', 'Battery-staple-8', f));
  await handlers((h) => anna.globalSignOut(h));
  await refused(signIn(user('anna'), 'Correct-horse-7'), ...incorrect);
  anna = user('anna');
  await signIn(anna, 'Battery-staple-8');
  await new Promise((ok) => anna.signOut(ok)); // revokes the refresh token

  console.log('a forgotten password');
  await refused(signIn(user('bert'), 'Correct-horse-7'), 'PasswordResetRequiredException', 'Password reset required for the user');
  await handlers((h) => user('bert').forgotPassword(h));
  const message = (await (await fetch(url + '/_poolprep/outbox?username=bert')).json()).at(-1);
  assert.equal(message.to, 'bert@example.com');
  await refused(handlers((h) => user('bert').confirmPassword(message.code === '000000' ? '000001' : '000000', 'Battery-staple-8', h)), 'CodeMismatchException', 'Invalid verification code provided, please try again.');
  await handlers((h) => user('bert').confirmPassword(message.code, 'Battery-staple-8', h));
  await signIn(user('bert'), 'Battery-staple-8');

  console.log('a temporary password');
  await api('AdminSetUserPassword', { Username: 'bert', Password: 'Temporary-password-1' });
  const bert = user('bert');
  assert((await signIn(bert, 'Temporary-password-1')).attributes, 'the user is asked for a new password');
  await handlers((h) => bert.completeNewPasswordChallenge('Battery-staple-9', {}, h));
  await signIn(user('bert'), 'Battery-staple-9');
})().catch((error) => { console.error(error); process.exit(1); });
WALK
node walk.cjs "$url"
if grep -q 'horse\|staple\|example.com' emulator.log; then
	echo "browsersdk.sh: the request log holds what it must not" >&2
	exit 1
fi
kill "$server"
code=0
wait "$server" || code=$?
server=
[ "$code" -eq 0 ] || { echo "browsersdk.sh: the emulator ended with $code" >&2; exit 1; }
echo "the SDK of browser applications works: $sdk"
