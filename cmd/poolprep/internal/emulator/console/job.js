// job.js shows an import job, uploads its file, starts it and stops it.
import { call, expiry, upload } from './api.js';
import { announce, byID, clearError, clock, confirm, fill, number, onChoice, refresh, setStatus, setText, showError, size, takeFiles, time } from './page.js';
import { showLog } from './log.js';

// The status values, in the words of the documents.
const meanings = {
  Created: 'The job was created but not started.',
  Pending: 'You have started the job, but it has not begun importing users yet.',
  InProgress: 'The job has started, and users are being imported.',
  Stopping: 'You have stopped the job, but the job has not stopped importing users yet.',
  Stopped: 'You have stopped the job, and the job has stopped importing users.',
  Succeeded: 'The job has completed successfully.',
  Failed: 'The job has stopped due to an error.',
  Expired: 'You created a job, but did not start it in time. All data associated with the job was deleted, and the job cannot be started.',
};

let job; // that is shown
const files = new Map(); // by job ID: what this page knows of the upload; the API does not tell

/** Reports whether a job was started and has not ended. */
export const isActive = ({ Status }) => Status === 'Pending' || Status === 'InProgress' || Status === 'Stopping';

/** Shows a job: another one, or the same as it went on. */
export function showJob(current) {
  if (job?.JobId !== current.JobId) {
    byID('upload-file').value = '';
  } else if (job.Status !== current.Status) {
    announce(`${current.JobName}: ${current.Status}. ${current.CompletionMessage ?? ''}`);
  }
  job = current;
  setStatus(byID('job-status'), job.Status);
  fill(byID('job-view'), {
    name: job.JobName, meaning: meanings[job.Status] ?? '', message: job.CompletionMessage ?? '',
    imported: number(job.ImportedUsers), skipped: number(job.SkippedUsers), failed: number(job.FailedUsers),
    id: job.JobId, role: job.CloudWatchLogsRoleArn, algorithm: job.PasswordHashingAlgorithm ?? 'none',
    created: time(job.CreationDate), started: time(job.StartDate), completed: time(job.CompletionDate),
  });
  byID('start').hidden = byID('upload-section').hidden = job.Status !== 'Created';
  byID('stop').hidden = job.Status !== 'Pending' && job.Status !== 'InProgress';
  byID('more').hidden = job.Status !== 'Failed' && job.Status !== 'Stopped';
  if (document.activeElement.hidden) {
    byID('job-view').querySelector('h1').focus(); // the button that had the focus is gone
  }
  drawUpload();
  showLog(job, byID('job-view'));
}

onChoice(byID('view-log'), async () => {
  byID('log-title').scrollIntoView();
  byID('log-title').focus({ preventScroll: true });
});

function drawUpload() {
  const { state, name, total = 0, sent = 0 } = files.get(job.JobId) ?? {};
  const texts = {
    sending: `Uploading ${name}, ${size(total)}`,
    done: `${name} is uploaded, ${size(total)}. Choose Start to begin the import.`,
    failed: `${name} was not uploaded. Choose a file, or drop one here.`,
  };
  setText(byID('upload-state'), texts[state] ?? 'Choose a file, or drop one here.');
  const progress = byID('upload-progress');
  progress.hidden = state !== 'sending';
  progress.value = total > 0 ? sent / total : 0;
  byID('start').setAttribute('aria-disabled', String(!progress.hidden));

  const end = expiry(job.PreSignedUrl);
  const over = end < new Date();
  fill(byID('job-view'), {
    expiry: over ? `The pre-signed URL expired at ${clock(end)}. Create a new import job to get a new one.` : `The pre-signed URL is valid until ${clock(end)}.`,
  });
  setValue('url', job.PreSignedUrl);
  setValue('curl', `curl -v -T "PATH_TO_CSV_FILE" -H "x-amz-server-side-encryption:aws:kms" "${job.PreSignedUrl}"`);
}

function setValue(id, text) {
  if (byID(id).value !== text) {
    byID(id).value = text;
  }
}

/** Reports whether the address names a job. */
const isNamed = ({ JobId }) => location.hash.endsWith(`/${JobId}`);

/** Uploads the file of a job and reports whether that went well. */
export async function sendFile(target, file) {
  const box = byID('upload-error');
  const upto = (state, sent) => {
    files.set(target.JobId, { state, name: file.name, total: file.size, sent });
    if (job?.JobId === target.JobId) {
      drawUpload();
    }
  };
  clearError(box);
  upto('sending', 0);
  try {
    await upload(target.PreSignedUrl, file, (sent) => upto('sending', sent));
    upto('done');
    return true;
  } catch (error) {
    upto('failed');
    if (isNamed(target)) {
      showError(box, `${file.name} was not uploaded.`, error);
    }
    return false;
  }
}

/** Starts a job. */
export const startJob = (target) => change('StartUserImportJob', target, 'The job was not started.');

async function change(operation, target, failure) {
  const box = byID('job-error');
  clearError(box);
  try {
    const { UserImportJob: changed } = await call(operation, { UserPoolId: target.UserPoolId, JobId: target.JobId });
    if (isNamed(target)) {
      showJob(changed);
    }
  } catch (error) {
    if (isNamed(target)) {
      showError(box, error.type ? failure : 'Perhaps that was done all the same: the status will tell.', error);
    }
  }
  refresh();
}

onChoice(byID('start'), async () => {
  if (byID('start').getAttribute('aria-disabled') !== 'true') {
    await startJob(job);
  }
});
takeFiles(byID('upload-zone'), (file) => sendFile(job, file));
byID('upload-file').addEventListener('click', (event) => {
  event.target.value = ''; // the same file, chosen again, is uploaded again
});

onChoice(byID('stop'), async () => {
  const stopping = job; // another may be shown by the time of the answer
  if (await confirm(`Stop ${job.JobName}?`, 'After you stop the job, it cannot be restarted. Users that were imported so far stay.', 'Stop job')) {
    await change('StopUserImportJob', stopping, 'The job was not stopped.');
  }
});
