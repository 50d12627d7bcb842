// tabs.js has the tabs of a pool, by the ARIA pattern: one of them can be reached
// with the key Tab, the arrow keys, Home and End lead to the others.
import { byID } from './page.js';

const all = Array.from(byID('tabs').querySelectorAll('[role=tab]'));

/** The part of an address that stands for a tab. */
const nameOf = (tab) => tab.id.replace('tab-', '');

/** Reports whether a tab has a name. */
export const isTab = (name) => all.some((tab) => nameOf(tab) === name);

export const tabOf = (name) => byID(`tab-${name}`);
export const panelOf = (name) => byID(`panel-${name}`);

/** Shows the panel of a tab. */
export function selectTab(name) {
  for (const tab of all) {
    const on = nameOf(tab) === name;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    panelOf(nameOf(tab)).hidden = !on;
  }
}

/** Calls open with the name of a tab that is chosen. stay: the step before it is not one to go back to. */
export function onTab(open) {
  for (const tab of all) {
    tab.addEventListener('click', () => open(nameOf(tab), false));
  }
  byID('tabs').addEventListener('keydown', (event) => {
    const at = all.indexOf(document.activeElement);
    const to = {
      ArrowRight: (at + 1) % all.length, ArrowLeft: (at + all.length - 1) % all.length, Home: 0, End: all.length - 1,
    }[event.key];
    if (at >= 0 && to !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      all[to].focus();
      open(nameOf(all[to]), true);
    }
  });
}
