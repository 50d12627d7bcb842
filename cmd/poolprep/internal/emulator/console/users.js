// users.js shows the users of a pool: all, or those of a search.
import { call, listAll } from './api.js';
import { announce, byID, clearError, element, link, onChoice, redraw, refresh, row, setStatus, setText, showError } from './page.js';
import { Pager } from './pager.js';

const pageSize = 20;

/** The confirmation status of a user in words, and what it means at the next sign-in. */
export const statuses = {
  CONFIRMED: ['Confirmed', 'The user signs in with the password.'],
  UNCONFIRMED: ['Unconfirmed', 'The user cannot sign in before the sign-up is confirmed.'],
  RESET_REQUIRED: ['Reset required', 'The user must choose a new password, by a code that Forgot password sends.'],
  FORCE_CHANGE_PASSWORD: ['Force change password', 'The user signs in with the temporary password, and must then choose a new one.'],
};

const choices = {
  'cognito:user_status': async () => Object.entries(statuses).map(([value, [text]]) => [value, text]),
  status: async () => ['Enabled', 'Disabled'].map((text) => [text, text]),
  group: async () => (await listGroups(pool)).map((group) => [group.GroupName, group.GroupName]),
};

export const listGroups = (id) => listAll('ListGroups', { UserPoolId: id }, 'Groups');

let pool; // that is shown
let wanted = true; // the list is to be asked for, whatever it costs
let answer; // that is shown
const pager = new Pager(byID('users-pager'), search);
const by = byID('users-by'), text = byID('users-text'), choice = byID('users-choice');

/** Begins a list: another pool's, or the same as it is now. */
export function openUsers(id) {
  if (id !== pool) {
    pool = id;
    answer = undefined;
    byID('users-form').reset();
    choose();
    pager.rewind();
  }
  wanted = true;
}

/** Asks about the users of a pool. The result shows them. */
export async function askUsers() {
  const { operation, input } = request();
  // A search by anything else looks at every user: it is made when it is asked for.
  const fresh = wanted || by.value === 'username' || by.value === 'group';
  let current = answer, refusal;
  try {
    current = fresh ? await call(operation, input) : answer;
  } catch (error) {
    if (!input.Filter || error.type !== 'InvalidParameterException') {
      throw error;
    }
    refusal = error;
  }
  return () => {
    wanted = false;
    if (refusal) {
      showError(byID('users-error'), 'That cannot be searched for.', refusal);
    } else if (fresh) {
      clearError(byID('users-error'));
    }
    if (current) {
      answer = current;
      draw(current);
    }
  };
}

const quote = (value) => `"${value.replace(/[\\"]/g, '\\$&')}"`;

/** Returns the request for the page that is wanted. */
function request() {
  const value = by.value in choices ? choice.value : text.value.trim();
  if (by.value === 'group' && value) {
    return { operation: 'ListUsersInGroup', input: { UserPoolId: pool, GroupName: value, Limit: pageSize, NextToken: pager.token } };
  }
  const sign = by.value in choices ? '=' : '^=';
  const filter = value ? `${by.value} ${sign} ${quote(value)}` : undefined;
  return { operation: 'ListUsers', input: { UserPoolId: pool, Filter: filter, Limit: pageSize, PaginationToken: pager.token } };
}

const attribute = (user, name) => user.Attributes.find((a) => a.Name === name)?.Value;

function draw({ Users: users, PaginationToken: byFilter, NextToken: byGroup }) {
  pager.draw(byFilter ?? byGroup);
  const searched = (by.value in choices ? choice.value : text.value.trim()) !== '';
  byID('users-none').hidden = users.length > 0;
  setText(byID('users-none'), searched ? 'No user is like that.' : 'There is no user yet.');
  byID('users-area').hidden = users.length === 0;
  byID('users-pager').hidden = pager.isOnly;
  const labels = ['User name', 'Email address', 'Email verified', 'Confirmation status', 'Status'];
  redraw(byID('users').tBodies[0], users, (user) => row(labels,
    link([pool, 'users', user.Username], user.Username),
    attribute(user, 'email') ?? '–',
    attribute(user, 'email_verified') === 'true' ? 'Yes' : 'No',
    pill(user.UserStatus, statuses[user.UserStatus]?.[0]),
    pill(user.Enabled ? 'Enabled' : 'Disabled')));
}

function pill(status, words) {
  const e = element('span', '');
  setStatus(e, status, words);
  return e;
}

function search() {
  wanted = true;
  refresh();
}

function searchAnew() {
  pager.rewind();
  search();
}

/** Shows the field for what is searched by. */
async function choose() {
  const chosen = by.value, list = choices[chosen];
  byID('users-text-label').hidden = Boolean(list);
  byID('users-choice-label').hidden = !list;
  const options = await list?.().catch(() => []) ?? [];
  if (chosen === by.value) {
    choice.replaceChildren(...[['', 'All'], ...options].map(([value, words]) => new Option(words, value)));
  }
}

by.addEventListener('change', () => {
  text.value = '';
  choice.replaceChildren(new Option('All', ''));
  choose();
  searchAnew();
});
choice.addEventListener('change', searchAnew);
let typing; // a search begins when the typing pauses
text.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(searchAnew, 250);
});
byID('users-form').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(typing);
  searchAnew();
});
onChoice(byID('users-reload'), async () => {
  search();
  announce('Users reloaded.');
});
