// What all pages share: HTML of the daemon is merged into what is there, so that
// nothing folds, jumps or loses the focus; a stream of updates; the ages of times.

export const find = id => document.getElementById(id);
export const body = document.body;

// merge makes the children of an element those of another, and keeps each
// element that has a counterpart: by id, else by its place.
export function merge(into, from) {
  const byID = new Map([...into.children].filter(c => c.id).map(c => [c.id, c]));
  let at = into.firstChild;
  for (const next of [...from.childNodes]) {
    const here = next.id ? byID.get(next.id) : at && !at.id && at.nodeName === next.nodeName ? at : null;
    if (!here || here.nodeName !== next.nodeName) {
      into.insertBefore(next, at);
      continue;
    }
    if (here === at) at = at.nextSibling;
    else into.insertBefore(here, at);
    if (here.nodeType !== Node.ELEMENT_NODE) setText(here, next.nodeValue);
    else {
      mergeAttributes(here, next);
      merge(here, next);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function mergeAttributes(into, from) {
  for (const a of [...into.attributes]) {
    if (!from.hasAttribute(a.name) && a.name !== 'open') into.removeAttribute(a.name);
  }
  for (const a of from.attributes) {
    if (into.getAttribute(a.name) !== a.value) into.setAttribute(a.name, a.value);
  }
}

export function setText(node, text) {
  if (node.nodeValue !== text) node.nodeValue = text;
}

export function takeRegion(name, html) {
  const parsed = document.createElement('template');
  parsed.innerHTML = html;
  merge(find('r-' + name), parsed.content);
}

// ---- the stream of updates ----

let version = body.dataset.version;
let ahead = Number(body.dataset.now) - Date.now(); // the daemon's clock and ours
let stream = { close() {} }, heard = Date.now(), shown = heard, opened = false, tried = 0;
const silence = 40e3; // two beats of the daemon, and some more
const base = new URL('..', import.meta.url); // of the daemon, also behind a proxy with a path

// address returns the address of one of the daemon's paths.
export const address = path => new URL(path, base).href;

// ask is fetch with a time limit: on a link that loses every packet, an answer never comes.
export const ask = (path, options = {}) => fetch(path, { signal: AbortSignal.timeout(answerWithin), ...options });
const answerWithin = 20e3;

// now returns the daemon's time in milliseconds.
export const now = () => Date.now() + ahead;

// follow calls take with each change, as long as the page is seen: a browser has few
// connections to a server, and a page that nobody sees needs none. title returns the
// title of the page.
export function follow(take, title) {
  const connect = () => {
    stream.close();
    stream = new EventSource(address('api/v1/events?since=' + encodeURIComponent(version)));
    opened = false;
    stream.onopen = () => { opened = true; hear(); };
    stream.addEventListener('beat', e => { ahead = Number(e.data) - Date.now(); hear(); });
    stream.addEventListener('update', e => { update(JSON.parse(e.data)); hear(); });
    stream.onerror = () => { opened = false; watch(); };
  };

  const update = change => {
    version = change.version;
    ahead = change.now - Date.now();
    if (change.program && change.program !== body.dataset.program) outdated();
    take(change);
    tellAges();
  };

  const hear = () => {
    heard = Date.now();
    watch();
  };

  // watch tells when nothing was heard for too long: then the page is old, and must
  // not look as if it were not.
  const watch = () => {
    const lost = find('lost'), quiet = Date.now() - heard, waited = Math.min(quiet, Date.now() - shown);
    const gone = waited > silence || (!opened && waited > 8e3) || (quiet > silence && waited > 2e3);
    if (gone === lost.hidden) {
      lost.hidden = !gone;
      body.classList.toggle('lost', gone);
      lost.textContent = gone ? 'No connection to bbb-scaler since ' + new Date(heard).toLocaleTimeString([], { hourCycle: 'h23' }) + ': this page is old. Trying again.' : '';
    }
    const wanted = (gone ? '? ' : '') + title();
    if (document.title !== wanted) document.title = wanted;
    if (gone && waited > silence && Date.now() - tried > 15e3) {
      tried = Date.now(); // a stream that hangs, or one that the browser has given up
      connect();
    }
  };

  tellAges();
  setInterval(() => { tellAges(); if (!document.hidden) watch(); }, 1000);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream.close();
    else {
      shown = Date.now(); // what was not heard while nobody looked is no fault of the link
      connect();
    }
  });
  if (!document.hidden) connect();
}

// isLost reports whether the page is old.
export const isLost = () => body.classList.contains('lost');

// outdated says that the daemon is another version than that of the page.
function outdated() {
  if (find('outdated')) return;
  const p = document.createElement('p');
  p.id = 'outdated';
  p.className = 'note warn';
  p.setAttribute('role', 'status');
  p.append('bbb-scaler was updated: ');
  const a = document.createElement('a');
  a.href = location.pathname;
  a.textContent = 'load this page again';
  p.append(a);
  find('lost').after(p);
}

// ---- ages of times ----

export function tellAges() {
  for (const t of document.querySelectorAll('time[datetime]')) {
    const text = age(now() - Date.parse(t.dateTime));
    if (!t.title) t.title = t.textContent;
    if (t.textContent !== text) t.textContent = text;
  }
}

function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + ' s ago';
  if (s < 3600) return Math.floor(s / 60) + ' min ago';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min ago';
  return Math.floor(s / 86400) + ' days ago';
}
