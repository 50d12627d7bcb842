#!/bin/sh
# cognito-backup-restore, a tool that others wrote, backs up the pool of an import against
# `poolprep emulate` and restores it into a pool that it has made there. It takes bin/poolprep
# as it is, node and npm, and stops what it starts.
set -eu
tool=cognito-backup-restore@1.3.2
. .ci/emulated.sh
needs node npm
cd "$dir"
installs "$tool"
begin --pending 0s
export AWS_ENDPOINT_URL="$url" AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1
"$bin" generate --rows 70 >users.csv # more than a page of ListUsers
"$bin" convert users.csv --out-dir run 2>/dev/null
"$bin" import run run --user-pool-id local_default --role-arn arn:aws:iam::000000000000:role/any 2>import.txt || { cat import.txt >&2; exit 1; }

# The tool has an SDK of before AWS_ENDPOINT_URL.
cat >endpoint.cjs <<'END'
const AWS = require('aws-sdk');
AWS.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1' });
END
cat >pools.cjs <<'END'
const AWS = require('aws-sdk');
const assert = require('assert');
const fs = require('fs');
const idp = new AWS.CognitoIdentityServiceProvider();
const all = async (UserPoolId) => {
  const users = [];
  for (let PaginationToken; ;) {
    const page = await idp.listUsers({ UserPoolId, PaginationToken }).promise();
    users.push(...page.Users);
    if (!(PaginationToken = page.PaginationToken)) return users;
  }
};
const shown = (users) => users.map((u) => JSON.stringify([u.Username, u.Attributes.filter((a) => a.Name !== 'sub').map((a) => a.Name + '=' + a.Value).sort()])).sort();
(async () => {
  switch (process.argv[2]) {
    case 'create': {
      const { UserPool } = await idp.createUserPool({ PoolName: 'restored', AutoVerifiedAttributes: ['email'] }).promise();
      console.log(UserPool.Id);
      break;
    }
    case 'cut': { // the tool restores a user in two seconds
      const users = JSON.parse(fs.readFileSync(process.argv[3]));
      assert.equal(users.length, 70);
      fs.writeFileSync('some.json', JSON.stringify(users.slice(64)));
      break;
    }
    case 'compare': {
      const before = shown((await all('local_default'))), after = await all(process.argv[3]);
      assert.equal(after.length, 6);
      for (const user of shown(after)) assert(before.includes(user), user);
      for (const user of after) assert.equal(user.UserStatus, 'FORCE_CHANGE_PASSWORD');
    }
  }
})().catch((error) => { console.error(error); process.exit(1); });
END
cbr() { NODE_OPTIONS="--require $dir/endpoint.cjs" node_modules/.bin/cbr "$@" --region us-east-1 --key test --secret test >cbr.txt 2>&1 || { cat cbr.txt >&2; exit 1; }; }
pools() { NODE_OPTIONS="--require $dir/endpoint.cjs" node pools.cjs "$@"; }
cbr backup --pool local_default --dir backup
pools cut backup/local_default.json
restored=$(pools create)
cbr restore --pool "$restored" --file some.json --pwd Battery-staple-9
pools compare "$restored"
echo "a backup was made and restored: $tool"
