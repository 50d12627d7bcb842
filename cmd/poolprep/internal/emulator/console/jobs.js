// jobs.js shows the import jobs of a pool, newest first: a section that is under
// the tab Users as in the console of AWS, and under a tab of its own.
import { call } from './api.js';
import { address, byID, clearError, element, number, onChoice, saveFile, setStatus, setText, showError, time } from './page.js';
import { isActive } from './job.js';
import { Pager } from './pager.js';

const pageSize = 20;

let pool; // ID of the pool that is shown
const pager = new Pager(byID('jobs-pager'));

/** Begins the list of jobs at the newest again. */
export const openJobs = () => pager.rewind();

/** Asks about the jobs of a pool. The result shows them in a panel, and reports whether a job is active. */
export async function askJobs(id, panel, label) {
  const jobs = await call('ListUserImportJobs', { UserPoolId: id, MaxResults: pageSize, PaginationToken: pager.token });
  return () => {
    pool = id;
    if (byID('jobs-section').parentElement !== panel) {
      panel.append(byID('jobs-section'));
    }
    byID('jobs-section').hidden = false;
    setText(byID('create-link'), label);
    pager.draw(jobs.PaginationToken);
    drawJobs(jobs.UserImportJobs);
    return jobs.UserImportJobs.some(isActive);
  };
}

function drawJobs(jobs) {
  byID('no-jobs').hidden = jobs.length > 0 || pager.before > 0;
  byID('jobs-area').hidden = jobs.length === 0;
  byID('jobs-pager').hidden = pager.isOnly;
  const body = byID('jobs').tBodies[0];
  const there = new Map(Array.from(body.rows, (row) => [row.dataset.job, row]));
  const rows = jobs.map((job) => drawJob(there.get(job.JobId) ?? newRow(job), job));
  if (rows.length !== body.rows.length || rows.some((row, i) => row !== body.rows[i])) {
    body.replaceChildren(...rows); // only then: it takes the focus away
  }
}

const counts = new Set(['Imported', 'Skipped', 'Failed']);

function newRow(job) {
  const link = element('a', '', job.JobName), status = element('a', '');
  link.href = status.href = address(job.UserPoolId, job.JobId);
  const name = element('th', '', link, element('span', 'id', job.JobId));
  name.scope = 'row';
  name.setAttribute('role', 'rowheader');
  const row = element('tr', '', name, element('td', '', status, element('span', 'completion')));
  row.setAttribute('role', 'row');
  row.dataset.job = job.JobId;
  for (const label of ['Created', 'Started', 'Completed', 'Imported', 'Skipped', 'Failed']) {
    const cell = element('td', counts.has(label) ? 'count' : 'date');
    cell.dataset.label = label;
    row.append(cell);
  }
  for (const cell of row.querySelectorAll('td')) {
    cell.setAttribute('role', 'cell');
  }
  return row;
}

function drawJob(row, job) {
  const [, status, ...values] = row.cells;
  setStatus(status.firstChild, job.Status);
  setText(status.lastChild, job.CompletionMessage ?? '');
  const texts = [
    time(job.CreationDate), time(job.StartDate), time(job.CompletionDate),
    number(job.ImportedUsers), number(job.SkippedUsers), number(job.FailedUsers),
  ];
  texts.forEach((text, i) => setText(values[i], text));
  return row;
}

onChoice(byID('template'), async () => {
  clearError(byID('template-error'));
  try {
    const { CSVHeader: names } = await call('GetCSVHeader', { UserPoolId: pool });
    saveFile('template.csv', 'text/csv', `${names.join(',')}\n`);
  } catch (error) {
    showError(byID('template-error'), 'There is no template.', error);
  }
});
