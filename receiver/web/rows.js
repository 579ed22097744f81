// The list of servers: rows that change field by field, search, filter and sort.

import { find, setText } from './live.js';

// cellOf has the cell that shows a field.
const cellOf = { name: 0, page: 0, addr: 0, dc: 0, state: 1, since: 1, size: 2, load: 3, meetings: 4, people: 5, step: 6, why: 6, alerts: 7, cooldowns: 8 };
// The daemon numbers the fields in this order.
const numbered = ['name', 'addr', 'dc', 'state', 'since', 'size', 'load', 'meetings', 'people', 'step', 'why', 'alerts', 'cooldowns', 'busy', 'page'];
const lists = { s: find('servers').querySelector('tbody'), b: find('busy').querySelector('tbody') };
const rows = new Map(); // key → {fields, text to search, elements of both lists}

const linkOf = element => element.cells[0].firstElementChild;

// read returns the fields of a row that the daemon sent. Its last cells are missing if
// they are empty, and the last one that is there ends with the end of the line.
function read(element) {
  const [, state, size, load, meetings, people, why, alerts, cooldowns] = element.cells;
  const link = linkOf(element), place = link.nextElementSibling.textContent, space = place.indexOf(' '), step = why.firstElementChild;
  const name = link.textContent, page = decodeURIComponent(link.getAttribute('href').slice('servers/'.length));
  return {
    name, page: page === name ? '' : page, addr: place.slice(0, space), dc: place.slice(space + 1),
    state: state.className, since: state.firstElementChild.textContent,
    size: size.textContent, load: load.textContent, meetings: meetings.textContent, people: people.textContent,
    step: step ? step.textContent : '', why: (step ? why.lastChild.nodeValue : why.textContent).trim(),
    alerts: alerts ? alerts.textContent.trim() : '', cooldowns: cooldowns ? cooldowns.textContent.trim() : '',
    busy: element.dataset.busy || '',
  };
}

// write shows the fields of one cell of a row.
function write(element, index, fields) {
  while (element.cells.length <= index) element.insertCell();
  const cell = element.cells[index];
  switch (index) {
    case 0:
      put(linkOf(element), fields.name);
      linkOf(element).setAttribute('href', 'servers/' + encodeURIComponent(fields.page || fields.name));
      put(cell.lastElementChild, fields.addr + ' ' + fields.dc);
      break;
    case 1:
      if (cell.className !== fields.state) cell.className = fields.state;
      setText(cell.firstChild, fields.state + ' ');
      put(cell.lastElementChild, fields.since);
      break;
    case 6:
      writeWhy(cell, fields);
      break;
    default:
      put(cell, fields[plain[index]]);
  }
}
const plain = { 2: 'size', 3: 'load', 4: 'meetings', 5: 'people', 7: 'alerts', 8: 'cooldowns' };

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function writeWhy(cell, { step, why }) {
  const text = step ? step + ' ' + why : why;
  if (cell.textContent === text && !cell.firstElementChild === !step) return;
  cell.textContent = step ? ' ' + why : why;
  if (!step) return;
  const tag = document.createElement('b');
  tag.textContent = step;
  cell.prepend(tag);
}

function readRows() {
  for (const element of lists.s.rows) {
    const key = element.id.slice(1);
    rows.set(key, describe({ key, fields: read(element), s: element, b: find('b' + key) }));
  }
}

function describe(row) {
  row.text = Object.values(row.fields).join(' ').toLowerCase();
  return row;
}

function takeRow(key, pairs, whole) {
  const row = rows.get(key) || { key, fields: {}, s: null, b: null };
  const changed = {};
  if (whole || !rows.has(key)) for (const name of numbered) changed[name] = '';
  for (let i = 0; i < pairs.length; i += 2) changed[numbered[pairs[i]]] = pairs[i + 1];
  rows.set(key, row);
  Object.assign(row.fields, changed);
  row.changed = changed;
  show(row, 's', true, changed);
  describe(row);
}

// showBusy lists the servers that change or need attention, unless they are too many.
function showBusy() {
  const busy = [...rows.values()].filter(r => r.fields.busy === '1').length, many = busy > busyShown;
  for (const row of rows.values()) {
    show(row, 'b', row.fields.busy === '1' && !many, row.changed || {});
    row.changed = null;
  }
  find('busy').hidden = busy === 0;
  find('busy-many').hidden = !many;
  find('busy').querySelector('table').hidden = many;
  setText(find('busy-title').querySelector('span').firstChild, String(busy));
}
const busyShown = 100; // as in the daemon

// show has a list show a row, or not.
function show(row, list, wanted, changed) {
  if (!wanted) {
    if (row[list]) row[list].remove();
    row[list] = null;
    return;
  }
  if (!row[list]) {
    row[list] = find('row').content.querySelector('tr').cloneNode(true);
    row[list].id = list + row.key;
    changed = row.fields;
    place(row, list);
  }
  const cells = new Set(Object.keys(changed).map(name => cellOf[name]));
  for (const index of cells) {
    if (index !== undefined) write(row[list], index, row.fields);
  }
}

// place adds a row before the first whose name is greater, by halves: a list that
// was sorted otherwise has no better place for it.
function place(row, list) {
  const all = lists[list].children;
  let low = 0, high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (natural.compare(linkOf(all[middle]).textContent, row.fields.name) > 0) high = middle;
    else low = middle + 1;
  }
  lists[list].insertBefore(row[list], all[low] || null);
}

function dropRow(key) {
  const row = rows.get(key);
  if (!row) return;
  row.s.remove();
  if (row.b) row.b.remove();
  rows.delete(key);
}

// ---- search, filter, sort ----

const form = find('filter');
const natural = new Intl.Collator('en', { numeric: true });

function matches(row, words) {
  const { state, dc } = form.elements;
  return (!state.value || (state.value === '*' ? row.fields.busy === '1' : row.fields.state === state.value)) &&
    (!dc.value || row.fields.dc === dc.value) &&
    words.every(word => row.text.includes(word));
}

function filter() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of rows.values()) {
    const hidden = !matches(row, words);
    if (row.s.hidden !== hidden) row.s.hidden = hidden;
    if (!hidden) shown++;
  }
  const output = find('servers').querySelector('output'), text = shown === rows.size ? String(shown) : shown + ' of ' + rows.size;
  if (output.textContent !== text) output.textContent = text; // a screen reader reads it out
  find('nothing').hidden = shown > 0;
}

// fillFilters offers the states and datacenters that there are.
function fillFilters() {
  fill(form.elements.state, 2, [...rows.values()].map(r => r.fields.state));
  fill(form.elements.dc, 1, [...rows.values()].map(r => r.fields.dc));
}

function fill(select, fixed, values) {
  const wanted = [...new Set(values)].filter(Boolean);
  if (select.value && !wanted.includes(select.value) && select.value !== '*') wanted.push(select.value);
  wanted.sort(natural.compare);
  const have = [...select.options].slice(fixed).map(o => o.value);
  if (have.join('\n') === wanted.join('\n')) return;
  const value = select.value;
  select.length = fixed;
  for (const v of wanted) select.add(new Option(v, v));
  select.value = value;
}

// sorted orders a list by a column, now: later updates move no row.
const number = text => parseFloat(text) || 0;
const columns = {
  Server: { field: 'name', compare: natural.compare },
  State: { field: 'state', compare: natural.compare },
  Size: { field: 'size', compare: natural.compare },
  Load: { field: 'load', compare: (a, b) => number(a) - number(b), greatestFirst: true },
  Meetings: { field: 'meetings', compare: (a, b) => number(a) - number(b), greatestFirst: true },
  People: { field: 'people', compare: (a, b) => number(a) - number(b), greatestFirst: true },
  Alerts: { field: 'alerts', compare: natural.compare, greatestFirst: true },
};

function sort(list, th, column) {
  const first = column.greatestFirst ? 'descending' : 'ascending', other = column.greatestFirst ? 'ascending' : 'descending';
  const order = th.getAttribute('aria-sort') === first ? other : first, sign = order === 'ascending' ? 1 : -1;
  for (const cell of th.parentElement.cells) cell.removeAttribute('aria-sort');
  th.setAttribute('aria-sort', order);
  const all = [...rows.values()].filter(r => r[list]);
  all.sort((a, b) => sign * column.compare(a.fields[column.field], b.fields[column.field]) || natural.compare(a.fields.name, b.fields.name));
  lists[list].append(...all.map(r => r[list]));
}

function addSorting(list) {
  for (const th of lists[list].parentElement.tHead.rows[0].cells) {
    const name = th.textContent, column = columns[name];
    if (!column) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => sort(list, th, column));
    th.replaceChildren(button);
  }
  lists[list].parentElement.tHead.rows[0].cells[0].setAttribute('aria-sort', 'ascending');
}

// ---- clicks ----

// A click on a number shows the servers in that state; one on the name of a
// server shows its row, also while a filter hides it.
document.addEventListener('click', e => {
  const link = e.target.closest('a[href^="#"]');
  if (!link) return;
  if (link.dataset.state) {
    form.reset();
    form.elements.state.value = link.dataset.state;
    if (form.elements.state.value !== link.dataset.state) {
      form.elements.state.add(new Option(link.dataset.state, link.dataset.state));
      form.elements.state.value = link.dataset.state;
    }
    filter();
  }
  const row = rows.get(link.hash.slice(2));
  if (row && row.s.hidden) {
    form.reset();
    filter();
  }
});

// takeRows takes the rows of a change of the page.
export function takeRows(change) {
  if (change.whole) {
    for (const key of [...rows.keys()]) if (!(change.rows || {})[key]) dropRow(key);
  }
  for (const key in change.rows) takeRow(key, change.rows[key], change.whole);
  for (const key of change.gone || []) dropRow(key);
  if (change.rows || change.gone || change.whole) {
    showBusy();
    fillFilters();
    filter();
  }
}

// beginRows makes the list of the page one that can be searched and sorted.
export function beginRows() {
  form.hidden = false;
  form.addEventListener('input', filter);
  form.addEventListener('submit', e => e.preventDefault());
  form.addEventListener('reset', () => setTimeout(filter));
  readRows();
  addSorting('s');
  addSorting('b');
  showBusy();
  fillFilters();
  filter(); // a browser keeps what was typed before
}
