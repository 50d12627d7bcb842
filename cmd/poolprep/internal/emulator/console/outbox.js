// outbox.js shows what a pool would send to its users.
import { outbox } from './api.js';
import { byID, element, link, redraw, refresh, row, setText, time } from './page.js';

const most = 100;
const subjects = { 'forgot-password': 'Forgot password', 'sign-up': 'Sign-up', 'temporary-password': 'Temporary password' };
const media = { EMAIL: 'E-mail', SMS: 'SMS' };

let pool; // that is shown

/** Begins the outbox of another pool with all messages. */
export function openOutbox(id) {
  if (id !== pool) {
    pool = id;
    byID('outbox-form').reset();
  }
}

/** Asks for the newest messages of a pool. The result shows them. */
export async function askOutbox() {
  const user = byID('outbox-user').value.trim();
  const messages = await outbox(pool, most, user);
  return () => {
    byID('outbox-none').hidden = messages.length > 0;
    setText(byID('outbox-none'), user ? 'There is no message to a user of that name.' : 'There is no message yet.');
    byID('messages').hidden = messages.length === 0;
    byID('outbox-more').hidden = messages.length < most;
    const labels = ['Sent', 'User name', 'To', 'About', 'Code or password'];
    redraw(byID('messages').tBodies[0], messages, (message) => row(labels,
      time(Date.parse(message.sent) / 1000),
      link([pool, 'users', message.username], message.username),
      `${message.to} (${media[message.medium] ?? message.medium})`,
      subjects[message.about] ?? message.about,
      element('code', 'secret', message.code)));
  };
}

let typing; // a search begins when the typing pauses
byID('outbox-user').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(refresh, 250);
});
byID('outbox-form').addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(typing);
  refresh();
});
