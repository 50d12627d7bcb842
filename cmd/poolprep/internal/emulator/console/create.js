// create.js makes an import job, and if asked to, uploads its file and starts it.
import { call } from './api.js';
import { byID, clearError, once, setText, showError, size, takeFiles } from './page.js';
import { sendFile, startJob } from './job.js';

const chooseFile = byID('create-file-name').textContent;

let file; // that was chosen or dropped

/** Empties the form. */
export function showCreate() {
  byID('create-form').reset();
  take(undefined);
}

function take(chosen) {
  file = chosen;
  setText(byID('create-file-name'), file ? `${file.name}, ${size(file.size)}` : chooseFile);
  clearError(byID('create-error'));
}

/** Returns the ID of the pool that the address names. */
const pool = () => location.hash.split('/')[1];

async function create(start) {
  clearError(byID('create-error'));
  if (start && !file) {
    showError(byID('create-error'), 'The job was not created.', { type: '', message: 'A job can only be started with a file: choose Upload CSV first, or Create job and upload it later.' });
    byID('create-file').focus();
    return;
  }
  const input = { UserPoolId: pool() };
  for (const [name, value] of new FormData(byID('create-form'))) {
    if (value !== '') {
      input[name] = value;
    }
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
  location.hash = `#/${job.UserPoolId}/${job.JobId}`;
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
