// create.js makes an import job, and if asked to, uploads its file and starts it.
import { call } from './api.js';
import { address, byID, clearError, once, setText, showError, size, takeFiles } from './page.js';
import { sendFile, startJob } from './job.js';
import { createRole, freeName, listRoles } from './roles.js';

const chooseFile = byID('create-file-name').textContent;

let file; // that was chosen or dropped

let turn = 0; // of the last time that the form was emptied

/** Empties the form, and asks which roles there are. */
export async function showCreate() {
  const mine = ++turn;
  byID('create-form').reset();
  take(undefined);
  offer([]);
  try {
    const roles = await listRoles();
    if (mine === turn) {
      offer(roles);
    }
  } catch (error) {
    if (mine === turn) {
      showError(byID('create-error'), 'The roles could not be listed.', error);
    }
  }
}

const how = byID('create-form').elements.how;

/** Offers roles to choose from. The first job needs a new one. chosen: the ARN of the one that is selected. */
function offer(roles, chosen) {
  byID('role-name').value = freeName(roles);
  byID('role-selection').replaceChildren(...roles.map((role) => new Option(role.arn, role.arn, false, role.arn === chosen)));
  Array.from(how).find((e) => e.value === 'existing').disabled = roles.length === 0;
  choose(roles.length === 0 ? 'new' : 'existing');
}

/** Shows the field for the way in which the job gets its role. */
function choose(way) {
  how.value = way;
  for (const part of byID('role-choice').querySelectorAll('[data-how]')) {
    const on = part.dataset.how === way;
    part.hidden = !on;
    part.querySelector('input, select').required = on;
  }
}

byID('role-choice').addEventListener('change', (event) => {
  if (event.target.name === 'how') {
    choose(event.target.value);
  }
});

/** Returns the ARN of the role of the job, which is made if it is to be. */
async function role(pool) {
  if (how.value === 'existing') {
    return byID('role-selection').value;
  }
  if (how.value === 'arn') {
    return byID('role').value;
  }
  const arn = await createRole(pool, byID('role-name').value);
  offer(await listRoles(), arn); // if the job is refused, the role is there
  return arn;
}

function take(chosen) {
  file = chosen;
  setText(byID('create-file-name'), file ? `${file.name}, ${size(file.size)}` : chooseFile);
  clearError(byID('create-error'));
}

/** Returns the ID of the pool that the address names. */
const pool = () => decodeURIComponent(location.hash.split('/')[1]);

async function create(start) {
  clearError(byID('create-error'));
  if (start && !file) {
    showError(byID('create-error'), 'The job was not created.', { type: '', message: 'A job can only be started with a file: choose Upload CSV first, or Create job and upload it later.' });
    byID('create-file').focus();
    return;
  }
  const input = { UserPoolId: pool(), JobName: byID('job-name').value, PasswordHashingAlgorithm: byID('algorithm').value || undefined };
  try {
    input.CloudWatchLogsRoleArn = await role(input.UserPoolId);
  } catch (error) {
    showError(byID('create-error'), error.type ? 'The role was not created, and no job.' : 'Perhaps the role was created all the same. No job was created.', error);
    return;
  }
  let job;
  try {
    job = (await call('CreateUserImportJob', input)).UserImportJob;
  } catch (error) {
    const what = error.type ? 'The job was not created.' : 'Perhaps the job was created all the same: look for it under Import users before you create another.';
    showError(byID('create-error'), what, error);
    return;
  }
  const chosen = file;
  location.hash = address(job.UserPoolId, job.JobId);
  await new Promise((shown) => window.addEventListener('hashchange', shown, { once: true }));
  if (chosen && await sendFile(job, chosen) && start) {
    await startJob(job);
  }
}

byID('create-form').addEventListener('submit', (event) => {
  event.preventDefault();
  once(event.currentTarget, () => create(event.submitter?.value === 'start'));
});
takeFiles(byID('create-zone'), take);
