// log.js shows the log of a job, one page of events at a time: a job of
// 500,000 users has as many events. It is a section that is on the page of the
// job, and under the tab Logs.
import { call, logGroup } from './api.js';
import { announce, byID, clearError, element, fill, number, showError, time } from './page.js';
import { Pager } from './pager.js';

const pageSize = 100;

let job, group; // whose log is shown, and its log group as soon as there is one
const pager = new Pager(byID('log-pager'), () => load());
let shown; // how many events there are up to the end of the page
let drawn; // the state of the job when the page was read
let turn = 0; // of the last reading; the answer to an earlier one comes too late

/** Shows the log of a job in a part of the page: another one, or the same as it went on. */
export async function showLog(current, part) {
  if (byID('log-section').parentElement !== part) {
    part.append(byID('log-section'));
  }
  const other = current.JobId !== job?.JobId;
  job = current;
  if (other) {
    group = undefined;
    byID('log-form').reset();
    clearError(byID('log-error'));
    rewind();
    pager.draw();
    draw([]);
  }
  const begun = job.StartDate !== undefined;
  byID('log-none').hidden = begun;
  byID('log-area').hidden = !begun;
  if (!begun) {
    return;
  }
  fill(byID('log-area'), {
    'log-imported': number(job.ImportedUsers), 'log-skipped': number(job.SkippedUsers), 'log-failed': number(job.FailedUsers),
  });
  if (outdated()) {
    await load();
  }
}

/** Reports whether the page may have more events by now. A full one never has. */
function outdated() {
  return drawn === undefined || !pager.hasNext && (drawn !== state() || !filter().text && shown < rows());
}

const state = () => `${job.Status} ${rows()}`;

/** Returns how many rows have had the result that is filtered for. */
function rows() {
  const counts = { SUCCEEDED: job.ImportedUsers, SKIPPED: job.SkippedUsers, FAILED: job.FailedUsers };
  return counts[filter().result] ?? job.ImportedUsers + job.SkippedUsers + job.FailedUsers;
}

function filter() {
  return { result: byID('log-form').elements.result.value, text: byID('log-text').value };
}

const quote = (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`;

function rewind() {
  pager.rewind();
  drawn = undefined;
  shown = 0;
}

/** Reads and shows the page that the last token leads to. */
async function load() {
  const mine = ++turn;
  const { result, text } = filter();
  const phrases = [result && `[${result}]`, text].filter(Boolean);
  const begin = state();
  try {
    group ??= await logGroup(job.UserPoolId);
    if (group === undefined) {
      return; // it comes with the first event
    }
    const answer = await call('FilterLogEvents', {
      logGroupName: group, logStreamNames: [`${job.JobId}/${job.JobName}`],
      filterPattern: phrases.map(quote).join(' '), limit: pageSize, nextToken: pager.token,
    });
    if (mine !== turn) {
      return;
    }
    drawn = begin;
    pager.draw(answer.nextToken);
    shown = pager.before * pageSize + answer.events.length;
    draw(answer.events);
    clearError(byID('log-error'));
  } catch (error) {
    const none = error.type === 'ResourceNotFoundException'; // it comes with the first event, too
    if (mine === turn && !none) {
      showError(byID('log-error'), 'The log could not be read.', error);
    }
  }
}

function draw(events) {
  fill(byID('log-area'), { group: group ?? '', stream: `${job.JobId}/${job.JobName}` });
  byID('log').tBodies[0].replaceChildren(...events.map(row));
  const { result, text } = filter();
  byID('log-empty').textContent = result || text ? 'No event of the log is like that. Letter case counts.' : 'There is no event yet.';
  byID('log-empty').hidden = events.length > 0;
  byID('log').hidden = events.length === 0;
  const first = number(shown - events.length + 1), last = number(shown);
  byID('log-page').textContent = events.length === 0 ? '' : `Events ${first} to ${last}${pager.hasNext ? '' : ', the last'}`;
}

function row(event) {
  const result = /^\[(\w+)\]/.exec(event.message)?.[1];
  return element('tr', result ? `result-${result}` : '',
    element('td', 'date', time(event.timestamp / 1000)), element('td', 'message', event.message));
}

byID('log-reload').addEventListener('click', () => load());

function search() {
  rewind();
  load();
}

let typing; // a search begins when the typing pauses
byID('log-text').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(search, 250);
});
byID('log-form').addEventListener('change', (event) => {
  if (event.target.name === 'result') {
    search();
    announce(`Log: ${event.target.nextElementSibling.textContent}`);
  }
});
byID('log-form').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(typing);
  search();
});
