// The page of one server: it is loaded again, and merged into what is there, when the
// daemon tells a change of the server or of the journal.

import { ask, body, find, follow, merge } from './live.js';
import { beginControl } from './control.js';

const key = body.dataset.key;
let loading = false, again = false;

async function load() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await ask(location.pathname);
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const id of ['server', 'journal']) merge(find(id), page.getElementById(id));
      document.title = page.title;
    } else if (answer.status === 404) {
      find('told').textContent = 'This server is no longer in the fleet.';
      find('told').hidden = false;
    }
  } catch {
    // no connection: the page says so itself
  }
  loading = false;
  if (again) {
    again = false;
    load();
  }
}

beginControl();
follow(change => {
  const regions = change.regions || {};
  const concerned = change.whole || (change.rows || {})[key] || (change.gone || []).includes(key);
  if (concerned || regions.journal || regions.alerts || regions.notes) load();
}, () => document.title.replace(/^\? /, ''));
body.dataset.ready = '1'; // for tests
