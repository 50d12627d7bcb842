// words.js puts the errors of the API in words: a person reads no regular expression,
// and no name of an exception without what it means.

// The members of requests, as the page labels them.
const labels = {
  jobName: 'Job name', cloudWatchLogsRoleArn: 'IAM role', passwordHashingAlgorithm: 'Password hashes', roleName: 'Role name',
  username: 'User name', filter: 'Search', groupName: 'Group', clientName: 'App client name', clientId: 'App client',
  password: 'Password', proposedPassword: 'New password', confirmationCode: 'Confirmation code', userPoolId: 'User pool ID',
  jobId: 'Job ID', session: 'Session', logGroupName: 'Log group', filterPattern: 'Text',
};

// What their patterns allow.
const names = 'may have letters, numbers, spaces, and + = , . @ _ -';
const forms = {
  jobName: names, clientName: names,
  roleName: 'needs 1 to 64 letters, numbers, and + = , . @ _ -',
  cloudWatchLogsRoleArn: 'must be the ARN of a role, such as arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole',
  username: 'cannot have spaces', groupName: 'cannot have spaces', password: 'cannot have spaces', proposedPassword: 'cannot have spaces',
  confirmationCode: 'cannot have spaces', userPoolId: 'must be like eu-west-1_AbCd12345', jobId: 'is not that of an import job',
};

const characters = (n) => (n === '1' ? '1 character' : `${n} characters`);

// What a value can violate, and the words for it.
const constraints = [
  [/^Member must not be null/, () => 'is missing'],
  [/^Member must have length greater than or equal to (\d+)/, (n) => `needs at least ${characters(n)}`],
  [/^Member must have length less than or equal to (\d+)/, (n) => `can have at most ${characters(n)}`],
  [/^Member must have value greater than or equal to (-?\d+)/, (n) => `must be at least ${n}`],
  [/^Member must have value less than or equal to (-?\d+)/, (n) => `must be at most ${n}`],
  [/^Member must satisfy enum value set: \[([^\]]*)\]/, (values) => `must be one of ${values}`],
];

function violation(member, text) {
  for (const [form, say] of constraints) {
    const found = form.exec(text);
    if (found) {
      return say(found[1]);
    }
  }
  return forms[member] ?? 'has a character that is not allowed';
}

// For answers without words.
const silent = 'The emulator refused the request without a reason.';

/** Returns the message of an error of the API in words. */
export function inWords({ message }) {
  const [, head] = /^\d+ validation errors? detected: ()/.exec(message ?? '') ?? [];
  if (head === undefined) {
    return message || silent;
  }
  const found = [];
  for (const part of message.matchAll(/at '(\w+)' failed to satisfy constraint: /g)) {
    const member = part[1];
    const words = violation(member, message.slice(part.index + part[0].length));
    found.push(`${labels[member] ?? member} ${words}.`);
  }
  return [...new Set(found)].join(' ') || silent;
}
