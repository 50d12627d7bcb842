// pool.js shows a pool, and its import jobs, newest first.
import { call } from './api.js';
import { byID, clearError, element, fill, number, onChoice, saveFile, setStatus, setText, showError, time } from './page.js';
import { isActive } from './job.js';

const pageSize = 20;

let pool; // ID of the pool that is shown
let tokens = [undefined]; // of the pages of jobs up to the one that is shown
let older; // token of the page that follows

/** Begins the list of jobs at the newest again. */
export function openJobs() {
  tokens = [undefined];
}

/** Asks about a pool. The result shows it, and reports whether a job is active. */
export async function showPool(id) {
  const [{ UserPool: settings }, jobs] = await Promise.all([
    call('DescribeUserPool', { UserPoolId: id }),
    call('ListUserImportJobs', { UserPoolId: id, MaxResults: pageSize, PaginationToken: tokens.at(-1) }),
  ]);
  return () => {
    pool = id;
    older = jobs.PaginationToken;
    drawSettings(settings);
    drawJobs(jobs.UserImportJobs);
    return jobs.UserImportJobs.some(isActive);
  };
}

const list = (names, none) => (names?.length ? names.join(', ') : none);

function drawSettings(settings) {
  const required = settings.SchemaAttributes.filter((a) => a.Required && a.Name !== 'sub').map((a) => a.Name);
  fill(byID('pool-view'), {
    name: settings.Name,
    id: settings.Id,
    users: number(settings.EstimatedNumberOfUsers),
    verified: list(settings.AutoVerifiedAttributes, 'none'),
    mfa: settings.MfaConfiguration,
    usernames: list(settings.UsernameAttributes, 'none'),
    aliases: list(settings.AliasAttributes, 'none'),
    required: list(required, 'none'),
    letters: settings.UsernameConfiguration?.CaseSensitive === false ? 'case-insensitive' : 'case-sensitive',
  });
  byID('unverifiable').hidden = settings.AutoVerifiedAttributes?.length > 0;
}

function drawJobs(jobs) {
  const first = tokens.length === 1;
  byID('no-jobs').hidden = jobs.length > 0 || !first;
  byID('jobs-area').hidden = jobs.length === 0;
  byID('jobs-pager').hidden = first && older === undefined;
  byID('jobs-newer').setAttribute('aria-disabled', String(first));
  byID('jobs-older').setAttribute('aria-disabled', String(older === undefined));
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
  link.href = status.href = `#/${job.UserPoolId}/${job.JobId}`;
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

/** Makes a button lead to another page of jobs. */
function leads(id, change) {
  byID(id).addEventListener('click', (event) => {
    if (event.currentTarget.getAttribute('aria-disabled') !== 'true') {
      change();
      window.dispatchEvent(new Event('refresh'));
    }
  });
}

leads('jobs-newer', () => tokens.pop());
leads('jobs-older', () => tokens.push(older));

onChoice(byID('template'), async () => {
  clearError(byID('template-error'));
  try {
    const { CSVHeader: names } = await call('GetCSVHeader', { UserPoolId: pool });
    saveFile('template.csv', 'text/csv', `${names.join(',')}\n`);
  } catch (error) {
    showError(byID('template-error'), 'There is no template.', error);
  }
});
