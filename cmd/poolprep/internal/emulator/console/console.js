// console.js shows what the address names, and asks the API about it again and
// again: #/pools, #/POOL/TAB with what is chosen there, #/POOL/create or #/POOL/JOB.
import { call, listPools } from './api.js';
import { address, byID, clearError, element, redraw, setText, showError } from './page.js';
import { askPool, drawPools } from './pool.js';
import { askJobs, openJobs } from './jobs.js';
import { showCreate } from './create.js';
import { isActive, showJob } from './job.js';
import { askUsers, openUsers } from './users.js';
import { askUser } from './user.js';
import { askLogs, openLogs } from './logs.js';
import { askRoles, openRoles } from './roles.js';
import { askOutbox, openOutbox } from './outbox.js';
import { askSignin, openSignin } from './signin.js';
import { isTab, onTab, panelOf, selectTab, tabOf } from './tabs.js';

const pollEvery = 1000; // milliseconds

let pools; // all of them, as soon as they are known
let place = {}; // what the address names
let active = false; // a job that is shown was started and has not ended
let turn = 0; // of the last refresh; the answers to an earlier one come too late
let following; // where the focus is to go once what the address names is shown: view or part
let shownView; // the view that is shown

/** Reports whether what the address names is not there any more, or never was. */
const isGone = ({ type }) => ['ResourceNotFoundException', 'UserNotFoundException', 'NoSuchEntity', 'InvalidParameterException'].includes(type);

/** What each tab does: open begins it, ask asks for what it shows. The result of that draws it, and reports whether a job is active. */
const tabs = {
  users: {
    open: openUsers,
    async ask(pool, [user]) {
      const draws = await (user === undefined
        ? Promise.all([askUsers(), askJobs(pool, panelOf('users'), 'Create an import job')])
        : Promise.all([askUser(pool, user)]));
      return () => {
        byID('users-list').hidden = byID('jobs-section').hidden = user !== undefined;
        byID('user').hidden = user === undefined;
        return draws.map((draw) => draw()).at(-1);
      };
    },
  },
  jobs: {
    open() {},
    ask: (pool) => askJobs(pool, panelOf('jobs'), 'Create import job'),
  },
  logs: { open: openLogs, ask: askLogs },
  roles: { open: openRoles, ask: askRoles },
  outbox: { open: openOutbox, ask: askOutbox },
  signin: { open: openSignin, ask: askSignin },
};

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it names nothing
  }
}

/** Reads what the address names. */
function read() {
  const [pool, view, ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decode);
  return pool === 'pools' ? { view: 'pools', rest } : { pool, view: view || 'users', rest };
}

/** Returns the ID of the pool of a place: the first one if none is named. */
const poolOf = ({ pool }) => pool || pools?.[0]?.Id;

/** Reads the address and shows what it names. */
async function go() {
  const before = place;
  place = read();
  const isPart = poolOf(before) === poolOf(place) && isTab(before.view) && isTab(place.view);
  following = before.view === undefined ? undefined : isPart ? 'part' : 'view';
  clearError(...document.querySelectorAll('main .error'));
  openJobs();
  nameCurrent();
  begun = undefined;
  await refresh();
}

let begun; // the place whose tab or form has begun

/** Begins what the address names, once it is known of which pool it is. */
function begin(pool) {
  if (begun === place) {
    return;
  }
  begun = place;
  if (place.view === 'create') {
    showCreate();
  }
  tabs[place.view]?.open(pool, place.rest);
}

/** Brings all that is shown up to date. */
async function refresh() {
  const mine = ++turn;
  const late = () => mine !== turn;
  const { view, rest } = place;
  try {
    if (pools === undefined || view === 'pools' || begun === undefined) {
      const known = await listPools();
      if (late()) {
        return;
      }
      pools = known;
      nameCurrent();
    }
    const pool = poolOf(place);
    if (view === 'pools' || pool === undefined) {
      drawPools(pools);
      active = false;
      show('pools');
      clearError(byID('trouble'));
      return;
    }
    begin(pool);
    const draw = await ask(view, pool, rest);
    if (late()) {
      return;
    }
    active = draw();
    clearError(byID('trouble'));
    show(view);
  } catch (error) {
    if (!late()) {
      fail(error);
    }
  }
}

function fail(error) {
  pools = undefined; // it may be another emulator when it is back
  const gone = isGone(error);
  if (gone && error.part) {
    show(place.view);
    panelOf(place.view).hidden = true;
  } else if (gone) {
    show(undefined);
  }
  showError(byID('trouble'), gone ? 'There is nothing here.' : 'This page is not up to date.', error);
}

/** Asks for what a view shows. The result draws it, and reports whether a job is active. */
async function ask(view, pool, rest) {
  if (view === 'create') {
    return () => false;
  }
  if (isTab(view)) {
    const tab = tabs[view].ask(pool, rest).catch((error) => {
      if (rest.length === 0 || !isGone(error)) {
        throw error;
      }
      return () => { throw Object.assign(error, { part: true }); }; // the pool is there
    });
    const [drawPool, drawTab] = await Promise.all([askPool(pool), tab]);
    return () => {
      drawPool();
      return drawTab() === true;
    };
  }
  const { UserImportJob: job } = await call('DescribeUserImportJob', { UserPoolId: pool, JobId: view });
  return () => {
    showJob(job);
    return isActive(job);
  };
}

function show(view) {
  byID('pools-view').hidden = view !== 'pools';
  byID('pool-view').hidden = !isTab(view);
  byID('create-view').hidden = view !== 'create';
  byID('job-view').hidden = !view?.startsWith('import-');
  if (isTab(view)) {
    selectTab(view);
  }
  follow(view);
}

/** Gives the focus to where a reader goes on, if it is not there. */
function follow(view) {
  const part = isTab(view) && (place.rest.length > 0 || shownView === view);
  if (following === 'view') {
    document.querySelector('main > div:not([hidden]) h1')?.focus();
  } else if (following === 'part' && isTab(view) && (document.activeElement === document.body || !document.activeElement.checkVisibility())) {
    (part ? visibleHeading(view) ?? tabOf(view) : tabOf(view)).focus();
  }
  following = undefined;
  shownView = view;
}

const visibleHeading = (view) => Array.from(panelOf(view).querySelectorAll('h2[tabindex]')).find((e) => e.checkVisibility());

/** Names the pools, and says which is the current one. */
function nameCurrent() {
  if (pools === undefined) {
    return;
  }
  const current = place.view === 'pools' ? undefined : poolOf(place);
  redraw(byID('pools'), pools.map(({ Id, Name }) => ({ Id, Name, on: Id === current })), ({ Id, Name, on }) => {
    const link = element('a', '', element('b', '', Name), ' ', element('span', 'id', Id));
    link.href = address(Id);
    if (on) {
      link.setAttribute('aria-current', 'true');
    }
    return element('li', '', link);
  });
  if (current !== undefined) {
    byID('create-link').href = address(current, 'create');
    for (const link of document.querySelectorAll('.to-pool')) {
      link.href = address(current, 'jobs');
    }
  }
}

onTab((name, stay) => {
  const to = address(poolOf(place), name);
  if (stay) {
    location.replace(to);
  } else {
    location.hash = to;
  }
});

/** Goes on while somebody looks, or a job is active. */
async function poll() {
  if (!document.hidden || active) {
    await refresh();
  }
  setTimeout(poll, pollEvery);
}

for (const e of document.querySelectorAll('.origin')) {
  setText(e, location.origin);
}
window.addEventListener('hashchange', go);
window.addEventListener('refresh', refresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
await go();
setTimeout(poll, pollEvery);
