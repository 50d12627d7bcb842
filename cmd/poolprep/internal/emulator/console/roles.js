// roles.js shows the IAM roles and makes them.
import { call, callIAM, textIn } from './api.js';
import { address, announce, byID, clearError, confirm, element, fill, link, once, onChoice, redraw, row, showError, time } from './page.js';
import { Pager } from './pager.js';

const pageSize = 50;
const pager = new Pager(byID('roles-pager'));
const usual = 'CognitoCloudWatchLogsRole';
const policyName = 'poolprep-import-logs';

let pool, name; // that are shown; no name: the list

/** Begins the list at its first page again. */
export function openRoles() {
  pager.rewind();
  byID('role-new').value = '';
}

/** Asks about all roles, or the one that is named. The result shows them. */
export async function askRoles(id, [named]) {
  const draw = await (named === undefined ? askList(id) : askRole(named));
  return () => {
    pool = id;
    name = named;
    byID('roles-list').hidden = named !== undefined;
    byID('role-detail').hidden = named === undefined;
    byID('role-back').href = address(id, 'roles');
    draw();
  };
}

const describe = (role) => ({ name: textIn(role, 'RoleName'), arn: textIn(role, 'Arn'), created: Date.parse(textIn(role, 'CreateDate')) / 1000 });

async function askList(id) {
  const answer = await callIAM('ListRoles', { MaxItems: pageSize, ...(pager.token && { Marker: pager.token }) });
  const roles = Array.from(answer.querySelectorAll('Roles > member'), describe);
  return () => {
    pager.draw(textIn(answer, 'Marker'));
    byID('roles-pager').hidden = pager.isOnly;
    byID('roles-none').hidden = roles.length > 0;
    byID('roles').hidden = roles.length === 0;
    redraw(byID('roles').tBodies[0], roles, (role) => row(['Role name', 'ARN', 'Created'],
      link([id, 'roles', role.name], role.name), element('code', '', role.arn), time(role.created)));
  };
}

/** Returns all roles, 1000 at most, with name and ARN. */
export async function listRoles() {
  const answer = await callIAM('ListRoles', { MaxItems: 1000 });
  return Array.from(answer.querySelectorAll('Roles > member'), describe);
}

/** Returns a name that no role has: the usual one, or one with a number. */
export function freeName(roles) {
  const taken = new Set(roles.map((role) => role.name.toLowerCase()));
  let free = usual;
  for (let n = 2; taken.has(free.toLowerCase()); n++) {
    free = `${usual}-${n}`;
  }
  return free;
}

const members = (answer, list) => Array.from(answer.querySelectorAll(`${list} > member`));
const decode = (text) => JSON.stringify(JSON.parse(decodeURIComponent(text)), null, 2);

async function askRole(named) {
  const input = { RoleName: named };
  const [answer, inline, attached] = await Promise.all([
    callIAM('GetRole', input), callIAM('ListRolePolicies', input), callIAM('ListAttachedRolePolicies', input),
  ]);
  const policies = await Promise.all(members(inline, 'PolicyNames').map(async ({ textContent: policy }) => {
    const document = await callIAM('GetRolePolicy', { ...input, PolicyName: policy });
    return { policy, text: decode(textIn(document, 'PolicyDocument')) };
  }));
  policies.push(...members(attached, 'AttachedPolicies').map((e) => ({ policy: textIn(e, 'PolicyArn') })));
  return () => {
    const role = describe(answer);
    fill(byID('role-detail'), {
      name: role.name, arn: role.arn, created: time(role.created), description: textIn(answer, 'Description') ?? '–',
    });
    byID('permissions-none').hidden = policies.length > 0;
    redraw(byID('permissions'), policies, ({ policy, text }) => element('div', 'stack', element('h3', '', policy), ...(text ? [policyText(policy, text)] : [])));
    redraw(byID('trust'), [decode(textIn(answer, 'AssumeRolePolicyDocument'))], (text) => text);
  };
}

function policyText(policy, text) {
  const pre = element('pre', '', text);
  pre.tabIndex = 0;
  pre.setAttribute('role', 'region');
  pre.setAttribute('aria-label', policy);
  return pre;
}

const version = '2012-10-17';
const trust = { Version: version, Statement: [{ Effect: 'Allow', Principal: { Service: 'cognito-idp.amazonaws.com' }, Action: 'sts:AssumeRole' }] };

/** What the role may do: write the logs of the jobs of the region and the account of a pool. */
function permissions(poolARN) {
  const [, partition, , region, account] = poolARN.split(':');
  return {
    Version: version,
    Statement: [{
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: [`arn:${partition}:logs:${region}:${account}:log-group:/aws/cognito/*`],
    }],
  };
}

/** Makes a role that can write the logs of the jobs of a pool, and returns its ARN. */
export async function createRole(id, role) {
  const { UserPool: settings } = await call('DescribeUserPool', { UserPoolId: id });
  const made = await callIAM('CreateRole', {
    RoleName: role, AssumeRolePolicyDocument: JSON.stringify(trust), Description: 'Lets Cognito write the logs of user import jobs',
  });
  await callIAM('PutRolePolicy', { RoleName: role, PolicyName: policyName, PolicyDocument: JSON.stringify(permissions(settings.Arn)) });
  return textIn(made, 'Arn');
}

async function create() {
  clearError(byID('roles-error'));
  const role = byID('role-new').value;
  try {
    await createRole(pool, role);
    announce(`The role ${role} is created.`);
    location.hash = address(pool, 'roles', role);
  } catch (error) {
    showError(byID('roles-error'), error.type ? 'The role was not created.' : 'Perhaps the role was created all the same.', error);
  }
}

byID('role-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, create);
});

/** Deletes a role, with the policies that it has. */
async function remove(role) {
  const input = { RoleName: role };
  const [inline, attached] = await Promise.all([callIAM('ListRolePolicies', input), callIAM('ListAttachedRolePolicies', input)]);
  for (const { textContent: policy } of members(inline, 'PolicyNames')) {
    await callIAM('DeleteRolePolicy', { ...input, PolicyName: policy });
  }
  for (const e of members(attached, 'AttachedPolicies')) {
    await callIAM('DetachRolePolicy', { ...input, PolicyArn: textIn(e, 'PolicyArn') });
  }
  await callIAM('DeleteRole', input);
}

onChoice(byID('role-delete'), async () => {
  const role = name, from = address(pool, 'roles');
  if (!await confirm(`Delete ${role}?`, 'Jobs with this role end as Failed from now on.', 'Delete role')) {
    return;
  }
  clearError(byID('role-error'));
  try {
    await remove(role);
    announce(`The role ${role} is deleted.`);
    location.hash = from;
  } catch (error) {
    showError(byID('role-error'), 'The role was not deleted.', error);
  }
});
