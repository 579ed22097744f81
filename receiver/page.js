// Keeps the page up to date without loading it again, and searches, filters and
// sorts the list of servers. Elements are changed in place, so that nothing folds,
// jumps or loses the focus. Without this script, the page loads itself again.
'use strict';

(() => {
  const find = id => document.getElementById(id);
  const body = document.body;
  let version = body.dataset.version;
  let ahead = Number(body.dataset.now) - Date.now(); // the daemon's clock and ours

  // ---- regions: HTML of the daemon, merged into what is there ----

  // merge makes the children of an element those of another, and keeps each
  // element that has a counterpart: by id, else by its place.
  function merge(into, from) {
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

  function setText(node, text) {
    if (node.nodeValue !== text) node.nodeValue = text;
  }

  function takeRegion(name, html) {
    const parsed = document.createElement('template');
    parsed.innerHTML = html;
    merge(find('r-' + name), parsed.content);
  }

  // ---- rows: fields as text ----

  // slots has the place of each field in a row: its cell, and the element in it.
  const slots = {
    name: [0, 0], addr: [0, 1], dc: [0, 2], state: [1, 0], since: [1, 1], size: [2], load: [3], meetings: [4], people: [5],
    step: [6, 0], why: [6, 1], alerts: [7], cooldowns: [8],
  };
  // The daemon numbers the fields in this order.
  const numbered = ['name', 'addr', 'dc', 'state', 'since', 'size', 'load', 'meetings', 'people', 'step', 'why', 'alerts', 'cooldowns', 'busy'];
  const lists = { s: find('servers').querySelector('tbody'), b: find('busy').querySelector('tbody') };
  const rows = new Map(); // key → {fields, text to search, elements of both lists}

  function slot(element, name) {
    const [cell, child] = slots[name];
    return child === undefined ? element.cells[cell] : element.cells[cell].children[child];
  }

  function readRows() {
    for (const element of lists.s.rows) {
      const key = element.id.slice(1), fields = {};
      for (const name in slots) fields[name] = slot(element, name).textContent;
      const b = find('b' + key);
      fields.busy = b || element.dataset.busy ? '1' : '';
      rows.set(key, describe({ key, fields, s: element, b }));
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
    for (const name in changed) {
      if (!slots[name]) continue;
      const element = slot(row[list], name);
      if (element.textContent !== changed[name]) element.textContent = changed[name];
      if (name === 'state') element.className = changed[name];
    }
  }

  // place adds a row before the first whose name is greater, by halves: a list that
  // was sorted otherwise has no better place for it.
  function place(row, list) {
    const all = lists[list].children;
    let low = 0, high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (natural.compare(slot(all[middle], 'name').textContent, row.fields.name) > 0) high = middle;
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

  // ---- updates ----

  function take(change) {
    version = change.version;
    ahead = change.now - Date.now();
    for (const name in change.regions) takeRegion(name, change.regions[name]);
    if (change.whole) {
      for (const key of [...rows.keys()]) if (!(change.rows || {})[key]) dropRow(key);
    }
    for (const key in change.rows) takeRow(key, change.rows[key], change.whole);
    for (const key of change.gone || []) dropRow(key);
    if (change.rows || change.gone) {
      showBusy();
      fillFilters();
      filter();
    }
    const title = find('headline').dataset.title;
    if (document.title !== title) document.title = title;
    tellAges();
  }

  let stream, heard = Date.now(), opened = false;
  const silence = 40e3; // two beats of the daemon, and some more

  function connect() {
    if (stream) stream.close();
    stream = new EventSource('api/v1/events?since=' + encodeURIComponent(version));
    opened = false;
    stream.onopen = () => { opened = true; hear(); };
    stream.addEventListener('beat', e => { ahead = Number(e.data) - Date.now(); hear(); });
    stream.addEventListener('update', e => { take(JSON.parse(e.data)); hear(); });
    stream.onerror = () => { opened = false; watch(); };
  }

  function hear() {
    heard = Date.now();
    watch();
  }

  // watch tells when nothing was heard for too long: then the page is old, and
  // must not look as if it were not.
  function watch() {
    const lost = find('lost'), quiet = Date.now() - heard, gone = quiet > silence || (!opened && quiet > 8e3);
    if (gone === lost.hidden) {
      lost.hidden = !gone;
      body.classList.toggle('lost', gone);
      lost.textContent = gone ? 'No connection to bbb-scaler since ' + new Date(heard).toLocaleTimeString() + ': this page is old. Trying again.' : '';
    }
    document.title = (gone ? '? ' : '') + find('headline').dataset.title;
    if (gone && quiet > silence && Date.now() - tried > 15e3) {
      tried = Date.now(); // a stream that hangs, or one that the browser has given up
      connect();
    }
  }
  let tried = 0;

  // ---- ages of times ----

  function tellAges() {
    for (const t of document.querySelectorAll('time[datetime]')) {
      const text = age(Date.now() + ahead - Date.parse(t.dateTime));
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
  tellAges();
  setInterval(() => { tellAges(); if (!document.hidden) watch(); }, 1000);

  // A browser has few connections to a server: a page that nobody sees has none.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream.close();
    else {
      heard = Date.now();
      connect();
    }
  });
  if (document.hidden) stream = { close() {} };
  else connect();
})();
