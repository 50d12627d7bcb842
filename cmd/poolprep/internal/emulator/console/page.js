// page.js has what every part of the page needs. All text that comes from data
// goes in as textContent; nothing is ever read as HTML.
import { inWords } from './words.js';

export const byID = (id) => document.getElementById(id);

/** Makes an element with a class, and with children: nodes or text. */
export function element(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) {
    e.className = className;
  }
  e.append(...children);
  return e;
}

/** Sets a text where it differs, so that a selection and a screen reader stay where they are. */
export function setText(e, text) {
  if (e.textContent !== text) {
    e.textContent = text;
  }
}

/** Fills the elements below root whose data-field is named. */
export function fill(root, values) {
  for (const [name, text] of Object.entries(values)) {
    setText(root.querySelector(`[data-field="${name}"]`), text);
  }
}

/** Shows a status as text and colour. */
export function setStatus(e, status, text = status) {
  setText(e, text);
  e.className = `status status-${status}`;
}

const drawn = new WeakMap(); // what redraw has drawn last

/**
 * Makes the children of a list or table anew if the items differ from those that
 * are shown. A link or button that had the focus has it again.
 */
export function redraw(body, items, make) {
  const now = JSON.stringify(items);
  if (drawn.get(body) === now) {
    return;
  }
  drawn.set(body, now);
  const focused = body.contains(document.activeElement) ? keyOf(document.activeElement) : undefined;
  body.replaceChildren(...items.map(make));
  if (focused !== undefined) {
    Array.from(body.querySelectorAll('a, button')).find((e) => keyOf(e) === focused)?.focus();
  }
}

const keyOf = (e) => `${e.getAttribute('href') ?? e.dataset.key} ${e.textContent}`;

/** Makes the cells of a row. A narrow page shows each below its label. */
export function row(labels, ...contents) {
  const tr = element('tr', '');
  tr.setAttribute('role', 'row');
  contents.forEach((content, i) => {
    const cell = element(i === 0 ? 'th' : 'td', '', content);
    cell.dataset.label = labels[i];
    cell.setAttribute('role', i === 0 ? 'rowheader' : 'cell');
    if (i === 0) {
      cell.scope = 'row';
    }
    tr.append(cell);
  });
  return tr;
}

/** Makes a link to a place of this page. */
export function link(place, text) {
  const a = element('a', '', text);
  a.href = address(...place);
  return a;
}

/** Writes the address of a place: pool, view, and what is chosen there. */
export const address = (...place) => `#/${place.map(encodeURIComponent).join('/')}`;

/** Brings all that is shown up to date. */
export const refresh = () => window.dispatchEvent(new Event('refresh'));

export const number = (n) => n.toLocaleString('en');

/** Writes a size in bytes with a unit. */
export function size(bytes) {
  if (bytes < 1000) {
    return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  }
  const megabytes = bytes / 1e6;
  return megabytes < 1 ? `${(bytes / 1000).toFixed(1)} kB` : `${megabytes.toFixed(1)} MB`;
}

const two = (n) => String(n).padStart(2, '0');

/** Writes a time, in seconds since 1970, by the clock of this machine; a dash for none. */
export function time(seconds) {
  if (seconds === undefined) {
    return '–';
  }
  const t = new Date(seconds * 1000);
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clock(t)}`;
}

export const clock = (t) => `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;

/** Says in place what could not be done, and why: type and message, in words. */
export function showError(box, what, error) {
  const type = error.type ? [element('code', '', error.type), ': '] : [];
  const text = [element('strong', '', what), element('p', '', ...type, inWords(error))];
  if (box.hidden || box.textContent !== text.map((e) => e.textContent).join('')) {
    box.replaceChildren(...text); // only then: it is read out
  }
  box.hidden = false;
  if (error.type === undefined) {
    console.error(error); // a mistake of this page
  }
}

export function clearError(...boxes) {
  for (const box of boxes) {
    if (!box.hidden) {
      box.replaceChildren();
      box.hidden = true;
    }
  }
}

/** Tells those who cannot see the page. */
export function announce(text) {
  setText(byID('announcement'), text);
}

/** Runs an action when a button is chosen, and no second time before it has ended. */
export function onChoice(button, action) {
  button.addEventListener('click', () => once(button, action));
}

export async function once(button, action) {
  if (button.getAttribute('aria-busy') === 'true') {
    return;
  }
  button.setAttribute('aria-busy', 'true');
  try {
    await action();
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/** Asks whether to go on. label is what the button says that does so. */
export async function confirm(title, text, label) {
  const dialog = byID('dialog');
  setText(byID('dialog-title'), title);
  setText(byID('dialog-text'), text);
  setText(byID('dialog-confirm'), label);
  dialog.returnValue = ''; // which it stays with the key Escape
  dialog.showModal();
  byID('dialog-cancel').focus();
  await new Promise((closed) => dialog.addEventListener('close', closed, { once: true }));
  return dialog.returnValue === 'yes';
}

byID('dialog-cancel').addEventListener('click', () => byID('dialog').close());
byID('dialog-confirm').addEventListener('click', () => byID('dialog').close('yes'));

/** Makes a zone with a file input take files that are chosen or dropped. */
export function takeFiles(zone, take) {
  const input = zone.querySelector('input[type=file]');
  input.addEventListener('change', () => {
    if (input.files.length > 0) {
      take(input.files[0]);
    }
  });
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (event.dataTransfer.files.length > 0) {
      input.files = event.dataTransfer.files; // it shows the name
      take(input.files[0]);
    }
  });
}

/** Gives a text to the user as a file. */
export function saveFile(name, type, text) {
  const link = element('a', '');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Copies the text of a field, or selects it where the browser lets no page copy. */
async function copy(button) {
  const field = byID(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    announce('Copied.');
    button.textContent = 'Copied';
  } catch {
    field.focus();
    field.select();
    button.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
}

for (const button of document.querySelectorAll('[data-copy]')) {
  onChoice(button, () => copy(button));
}

// A file that misses the zone would replace the page.
for (const kind of ['dragover', 'drop']) {
  window.addEventListener(kind, (event) => event.preventDefault());
}
