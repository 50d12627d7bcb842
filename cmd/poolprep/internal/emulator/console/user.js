// user.js shows a user: status, attributes and groups, and changes them.
import { call, listAll } from './api.js';
import { address, announce, byID, clearError, confirm, element, fill, once, onChoice, redraw, refresh, row, setStatus, setText, showError, time } from './page.js';
import { listGroups, statuses } from './users.js';

let pool, user; // that is shown

/** Asks about a user. The result shows them. */
export async function askUser(id, name) {
  const [current, memberships, groups] = await Promise.all([
    call('AdminGetUser', { UserPoolId: id, Username: name }),
    listAll('AdminListGroupsForUser', { UserPoolId: id, Username: name }, 'Groups'),
    listGroups(id),
  ]);
  return () => {
    pool = id;
    user = current;
    draw();
    drawGroups(memberships.map((group) => group.GroupName), groups.map((group) => group.GroupName));
  };
}

function draw() {
  const [words, meaning] = statuses[user.UserStatus] ?? [user.UserStatus, ''];
  fill(byID('user'), {
    name: user.Username, meaning: user.Enabled ? meaning : 'The user cannot sign in: the access is disabled.',
    mfa: user.UserMFASettingList?.join(', ') ?? 'none',
    created: time(user.UserCreateDate), modified: time(user.UserLastModifiedDate),
  });
  setStatus(byID('user-status'), user.UserStatus, words);
  setStatus(byID('user-enabled'), user.Enabled ? 'Enabled' : 'Disabled');
  setText(byID('user-enable'), user.Enabled ? 'Disable user access' : 'Enable user access');
  byID('user-back').href = address(pool, 'users');
  byID('user-signin').href = address(pool, 'signin', user.Username);
  redraw(byID('attributes').tBodies[0], user.UserAttributes, ({ Name, Value }) => row(['Attribute name', 'Value'], Name, Value));
}

function drawGroups(memberships, groups) {
  byID('memberships-none').hidden = memberships.length > 0;
  redraw(byID('memberships'), memberships, (name) => {
    const remove = element('button', 'link', 'Remove');
    remove.type = 'button';
    remove.dataset.key = name;
    remove.setAttribute('aria-label', `Remove user from group ${name}`);
    onChoice(remove, () => change('AdminRemoveUserFromGroup', { GroupName: name }, 'membership-error', `The user is no more in ${name}.`));
    return element('li', '', element('span', '', name), remove);
  });
  const open = groups.filter((name) => !memberships.includes(name));
  byID('membership-form').hidden = open.length === 0;
  redraw(byID('membership-group'), open, (name) => new Option(name, name));
}

/** Calls an operation on the user, and tells how that went. */
const change = (operation, input, box, done) => carryOut(operation, { Username: user.Username, ...input }, box, done, 'The user was not changed.');

async function carryOut(operation, input, box, done, failure) {
  clearError(byID(box));
  try {
    await call(operation, { UserPoolId: pool, ...input });
    announce(done);
    return true;
  } catch (error) {
    showError(byID(box), error.type ? failure : 'Perhaps that was done all the same.', error);
    return false;
  } finally {
    refresh();
  }
}

onChoice(byID('user-enable'), () => (user.Enabled
  ? change('AdminDisableUser', {}, 'user-error', 'The access of the user is disabled.')
  : change('AdminEnableUser', {}, 'user-error', 'The access of the user is enabled.')));

onChoice(byID('user-reset'), async () => {
  if (await confirm('Reset password?', `${user.Username} cannot sign in until a new password is chosen. The code for it goes to the Outbox.`, 'Reset password')) {
    await change('AdminResetUserPassword', {}, 'user-error', 'The password is reset. The code is in the Outbox.');
  }
});

onChoice(byID('user-delete'), async () => {
  const from = address(pool, 'users');
  if (await confirm('Delete user?', `${user.Username} is deleted from the user pool of this emulator, with all attributes and memberships.`, 'Delete user')
    && await change('AdminDeleteUser', {}, 'user-error', 'The user is deleted.')) {
    location.hash = from;
  }
});

byID('membership-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = byID('membership-group').value;
  once(event.currentTarget, () => change('AdminAddUserToGroup', { GroupName: name }, 'membership-error', `The user is in ${name}.`));
});

byID('group-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget, name = byID('group-name').value;
  once(form, async () => {
    if (await carryOut('CreateGroup', { GroupName: name }, 'membership-error', `The group ${name} is created.`, 'The group was not created.')) {
      form.reset();
    }
  });
});
