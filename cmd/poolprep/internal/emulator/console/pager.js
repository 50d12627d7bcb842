// pager.js turns the pages of a list that the API cuts by tokens.
import { refresh } from './page.js';

/** A list that is shown a page at a time. Its buttons have data-go: first, previous or next. */
export class Pager {
  #tokens = [undefined]; // of the pages up to the one that is shown
  #next; // token of the page that follows

  /** root holds the buttons; turned is called when another page is wanted. */
  constructor(root, turned = refresh) {
    this.root = root;
    const steps = {
      first: () => this.rewind(),
      previous: () => this.#tokens.pop(),
      next: () => this.#tokens.push(this.#next),
    };
    for (const button of root.querySelectorAll('[data-go]')) {
      button.addEventListener('click', () => {
        if (button.getAttribute('aria-disabled') !== 'true') {
          steps[button.dataset.go]();
          turned();
        }
      });
    }
  }

  /** Token of the page that is wanted. */
  get token() {
    return this.#tokens.at(-1);
  }

  /** How many pages come before it. */
  get before() {
    return this.#tokens.length - 1;
  }

  get hasNext() {
    return this.#next !== undefined;
  }

  /** Goes back to the first page. */
  rewind() {
    this.#tokens = [undefined];
    this.#next = undefined;
  }

  /** Says that the wanted page is there, and which token leads on. A button keeps the focus either way. */
  draw(next) {
    this.#next = next || undefined;
    for (const button of this.root.querySelectorAll('[data-go]')) {
      const on = button.dataset.go === 'next' ? this.hasNext : this.before > 0;
      button.setAttribute('aria-disabled', String(!on));
    }
  }

  /** Reports whether there is but one page. */
  get isOnly() {
    return this.before === 0 && !this.hasNext;
  }
}
