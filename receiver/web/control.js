// Pause, resume and release: each asks the daemon's API and tells its answer.

import { address, ask, body, find, isLost, now } from './live.js';

let token = '';

// order sends a request and tells what came of it.
async function order(method, path, request, done) {
  const headers = {};
  if (request) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = 'Bearer ' + token;
  try {
    const answer = await ask(address(path), { method, headers, body: request && JSON.stringify(request) });
    if (answer.ok) {
      tell(done(answer.status === 204 ? null : await answer.json()), false);
      return true;
    }
    tell('Refused: ' + await reason(answer), true);
  } catch {
    tell('No answer from bbb-scaler: look here again, once there is a connection, whether it was done.', true);
  }
  return false;
}

async function reason(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return 'HTTP ' + answer.status;
  }
}

function tell(text, failed) {
  const told = find('told');
  told.hidden = false;
  told.className = failed ? 'note bad' : 'note good';
  told.textContent = text;
}

// stale tells that an old page changes nothing: what it shows may no longer be so.
function stale() {
  if (isLost()) tell('Nothing was changed: this page is old, since it has no connection to bbb-scaler.', true);
  return isLost();
}

// needToken reports whether a token is missing, and asks for it.
function needToken() {
  if (body.dataset.may !== 'token' || token) return false;
  find('pause-details').open = true;
  const field = find('pause').elements.token;
  token = field.value;
  if (token) return false;
  tell('Nothing was changed: give the token (web.token) first.', true);
  field.focus();
  return true;
}

async function pause(form) {
  const e = form.elements, request = { reason: e.reason.value.trim(), scale_in_only: e.scale_in_only.checked };
  if (e.server.value.trim()) request.server = e.server.value.trim();
  if (e.by && e.by.value.trim()) request.by = e.by.value.trim();
  if (e.for.value) request.for = e.for.value;
  else if (e.until.value) request.until = new Date(e.until.value).toISOString();
  const done = p => 'Paused ' + (p.server || 'the whole fleet') + ' until ' + new Date(p.until).toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }) + '.';
  if (await order('POST', 'api/v1/pauses', request, done)) {
    e.reason.value = '';
    find('pause-details').open = false;
  }
}

const local = ms => new Date(ms - new Date(ms).getTimezoneOffset() * 60e3).toISOString().slice(0, 16);

// beginControl makes the forms and buttons of the page work.
export function beginControl() {
  const form = find('pause');
  if (!form) return;
  form.hidden = false;
  const { for: length, until } = form.elements;
  length.addEventListener('change', () => {
    until.parentElement.hidden = until.required = false;
    if (length.value) until.parentElement.hidden = true;
    else {
      until.required = true;
      if (!until.value) until.value = local(now() + 3600e3);
    }
  });
  form.addEventListener('submit', e => {
    e.preventDefault();
    if (form.elements.token) token = form.elements.token.value;
    if (!stale() && !needToken()) pause(form);
  });
  document.addEventListener('click', e => {
    const button = e.target.closest('button[data-resume], button[data-release]');
    if (!button || stale() || needToken()) return;
    const { resume, release, state } = button.dataset;
    if (resume) order('DELETE', 'api/v1/pauses/' + encodeURIComponent(resume), null, () => 'The pause has ended.');
    else order('POST', 'api/v1/release', { server: release, state }, () => release + ' is under the control of the scaler again.');
  });
}
