// console.js shows what the address names, #/POOL, #/POOL/create or #/POOL/JOB,
// and asks the API about it again and again.
import { call, listPools } from './api.js';
import { byID, clearError, element, showError } from './page.js';
import { openJobs, showPool } from './pool.js';
import { showCreate } from './create.js';
import { isActive, showJob } from './job.js';

const pollEvery = 1000; // milliseconds

let pools; // all of them, as soon as they are known
let place; // what the address names
let active = false; // a job that is shown was started and has not ended
let turn = 0; // of the last refresh; the answers to an earlier one come too late

/** Reads the address and shows what it names. */
async function go(event) {
  const [pool, view] = location.hash.replace(/^#\/?/, '').split('/');
  place = { pool, view: view || 'pool' };
  clearError(...document.querySelectorAll('main .error'));
  openJobs();
  drawPools();
  if (place.view === 'create') {
    showCreate();
  }
  await refresh();
  if (event) {
    document.querySelector('main > div:not([hidden]) h1')?.focus(); // where a reader goes on
  }
}

/** Brings all that is shown up to date. */
async function refresh() {
  const mine = ++turn;
  const late = () => mine !== turn;
  try {
    if (pools === undefined) {
      pools = await listPools();
      drawPools();
    }
    const draw = await ask(place.view, place.pool || pools[0].Id);
    if (late()) {
      return;
    }
    active = draw();
    show(place.view);
    clearError(byID('trouble'));
  } catch (error) {
    if (!late()) {
      pools = undefined; // it may be another emulator when it is back
      const gone = error.type === 'ResourceNotFoundException';
      if (gone) {
        show(undefined);
      }
      showError(byID('trouble'), gone ? 'There is nothing here.' : 'This page is not up to date.', error);
    }
  }
}

/** Asks for what a view shows. The result draws it, and reports whether a job is active. */
async function ask(view, pool) {
  if (view === 'create') {
    return () => false;
  }
  if (view === 'pool') {
    return showPool(pool);
  }
  const { UserImportJob: job } = await call('DescribeUserImportJob', { UserPoolId: pool, JobId: view });
  return () => {
    showJob(job);
    return isActive(job);
  };
}

function show(view) {
  byID('pool-view').hidden = view !== 'pool';
  byID('create-view').hidden = view !== 'create';
  byID('job-view').hidden = !view?.startsWith('import-');
}

function drawPools() {
  if (pools === undefined) {
    return;
  }
  const current = place.pool || pools[0].Id;
  byID('pools').replaceChildren(...pools.map((pool) => {
    const link = element('a', '', element('b', '', pool.Name), ' ', element('span', 'id', pool.Id));
    link.href = `#/${pool.Id}`;
    if (pool.Id === current) {
      link.setAttribute('aria-current', 'true');
    }
    return element('li', '', link);
  }));
  byID('create-link').href = `#/${current}/create`;
  for (const link of document.querySelectorAll('.to-pool')) {
    link.href = `#/${current}`;
  }
}

/** Goes on while somebody looks, or a job is active. */
async function poll() {
  if (!document.hidden || active) {
    await refresh();
  }
  setTimeout(poll, pollEvery);
}

for (const e of document.querySelectorAll('.origin')) {
  e.textContent = location.origin;
}
window.addEventListener('hashchange', go);
window.addEventListener('refresh', refresh);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
await go();
setTimeout(poll, pollEvery);
