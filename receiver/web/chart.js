// The charts of the last day and the next hours, drawn by uPlot, and the same values as
// a table.

import { address, ask, find } from './live.js';

/* global uPlot */

const day = 86400, charts = [];
let data = null, loading = false, again = false, last = -1; // last: the newest value that is known

// draw loads the values and draws them.
export async function draw() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await ask(address('api/v1/trend'));
    if (answer.ok) show(await answer.json());
  } catch {
    // no connection: the page says so itself
  }
  loading = false;
  if (again) {
    again = false;
    draw();
  }
}

function show(values) {
  data = values;
  last = data.at.findLastIndex((t, i) => t <= data.now && data.active[i] !== null);
  find('trend').hidden = false;
  if (charts.length === 0) build();
  else panels().forEach((p, i) => charts[i].setData(p.data));
  describe();
  if (find('trend-table').open) fillTable();
}

// resolved returns a colour that a canvas understands, for the scheme in use.
function resolved(name) {
  const probe = document.createElement('i');
  probe.className = 'c-' + name;
  find('trend').append(probe);
  const c = getComputedStyle(probe).color;
  probe.remove();
  return c;
}

const faded = c => c.replace(/rgba?\(([^,]+,[^,]+,[^,)]+).*\)/, 'rgba($1, .16)');
const digits = v => v < 10 && !Number.isInteger(v) ? v.toFixed(1) : String(Math.round(v));

// value returns what the legend shows: the value below the pointer, or else the newest.
const value = (u, v, series, i) => {
  const x = i === null || i === undefined ? u.data[series][last] : v;
  return x === null || x === undefined ? '–' : digits(x);
};

// expected is the same for a forecast: its newest value is ahead of now.
const expected = (u, v, series, i) => value(u, i === null || i === undefined ? u.data[series].findLast(x => x !== null) : v, series, 0);

// panels are the charts, one below the other, with one axis of time.
function panels() {
  const c = {}, stepped = uPlot.paths.stepped({ align: 1 });
  for (const name of ['text', 'dim', 'line', 'link', 'good', 'warn', 'bad', 'people']) c[name] = resolved(name);
  return [
    { id: 'chart-people', height: 110, c, data: [data.at, data.people], drawn: [],
      series: [{ label: 'People', stroke: c.people, width: 2, fill: faded(c.people) }] },
    { id: 'chart-load', height: 140, c, data: [data.at, data.capacity, data.load, data.forecast], drawn: [band],
      series: [{ label: 'Cores in service', stroke: c.good, width: 2, paths: stepped, fill: faded(c.good) },
        { label: 'Load', stroke: c.warn, width: 2 },
        { label: 'Forecast', stroke: c.bad, width: 2, dash: [2, 4], points: { show: true, size: 3 }, value: expected }] },
    { id: 'chart-servers', height: 160, c, data: [data.at, data.active, data.active.map((n, i) => n === null ? null : n + data.coming[i]), data.floor], drawn: [marks],
      series: [{ label: 'Servers in service', stroke: c.good, width: 2, fill: faded(c.good), paths: stepped },
        { label: 'with those on the way', stroke: c.link, width: 2, dash: [6, 3], paths: stepped },
        { label: 'Floor', stroke: c.text, width: 2, paths: stepped }] },
  ];
}

function build() {
  for (const chart of charts.splice(0)) chart.destroy();
  const all = panels();
  for (const p of all) {
    const axis = { stroke: p.c.dim, grid: { stroke: p.c.line, width: 1 }, ticks: { stroke: p.c.line, width: 1, size: 4 }, font: '12px system-ui' };
    const bottom = p === all.at(-1);
    charts.push(new uPlot({
      width: find(p.id).clientWidth, height: p.height, tzDate: ts => new Date(ts * 1000),
      cursor: { sync: { key: 'trend' }, y: false, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.12 : 1] } },
      axes: [{ ...axis, values: (u, splits) => bottom ? splits.map(clock) : splits.map(() => ''), size: bottom ? 26 : 8, space: 48 },
        { ...axis, size: 44, space: 26, values: (u, s) => s.map(v => !Number.isInteger(v) ? '' : v >= 10000 ? v / 1000 + 'k' : v) }],
      series: [{ label: 'Time', value: (u, v) => v ? stamp(v) : 'now' }, ...p.series.map(s => ({ value, ...s }))],
      hooks: { draw: [u => { future(u, p.c); for (const f of p.drawn) f(u, p.c); }] },
    }, p.data, find(p.id)));
  }
}

const clock = t => new Date(t * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const stamp = t => new Date(t * 1000).toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

// future draws the line between what was and what is expected.
function future(u, c) {
  const x = Math.round(u.valToPos(data.now, 'x', true)), { top, height } = u.bbox, ctx = u.ctx;
  ctx.save();
  ctx.strokeStyle = c.dim;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.restore();
}

// band draws the error of the forecast around it.
function band(u, c) {
  if (data.error === null) return;
  const ctx = u.ctx;
  ctx.save();
  ctx.strokeStyle = faded(c.bad);
  ctx.lineWidth = 3 * devicePixelRatio;
  data.forecast.forEach((v, i) => {
    if (v === null) return;
    const x = u.valToPos(data.at[i], 'x', true);
    ctx.beginPath();
    ctx.moveTo(x, u.valToPos(v * (1 + data.error), 'y', true));
    ctx.lineTo(x, u.valToPos(Math.max(0, v * (1 - data.error)), 'y', true));
    ctx.stroke();
  });
  ctx.restore();
}

// marks draws the steps: up at the top, down at the bottom, crosses for those that failed.
function marks(u, c) {
  const ctx = u.ctx, r = 4 * devicePixelRatio, { top, height } = u.bbox;
  ctx.save();
  for (const m of data.marks) {
    const x = u.valToPos(m.at, 'x', true);
    if (m.up) triangle(ctx, x, top + 2 * r, -r, c.link);
    if (m.down) triangle(ctx, x, top + height - 2 * r, r, c.dim);
    if (m.failed) cross(ctx, x, top + height / 2, r, c.bad);
  }
  ctx.restore();
}

function triangle(ctx, x, y, r, fill) {
  ctx.fillStyle = fill;
  ctx.beginPath();
  ctx.moveTo(x - Math.abs(r), y - r / 2);
  ctx.lineTo(x + Math.abs(r), y - r / 2);
  ctx.lineTo(x, y + r);
  ctx.fill();
}

function cross(ctx, x, y, r, stroke) {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = r / 2;
  ctx.beginPath();
  ctx.moveTo(x - r, y - r);
  ctx.lineTo(x + r, y + r);
  ctx.moveTo(x - r, y + r);
  ctx.lineTo(x + r, y - r);
  ctx.stroke();
}

// describe says in words what the charts show, for those who cannot see them.
function describe() {
  const note = find('trend-note');
  if (last < 0) {
    note.textContent = 'People and servers are not known yet: they begin with the first cycle of the daemon.';
    return;
  }
  const sum = key => data.marks.reduce((n, m) => n + m[key], 0);
  const peak = Math.max(...data.people.filter(v => v !== null));
  find('chart-people').setAttribute('aria-label', `Chart: ${Math.round(data.people[last])} people now, at most ${Math.round(peak)} in the last day`);
  find('chart-load').setAttribute('aria-label', `Chart: ${data.capacity[last]} cores in service` + (data.load[last] === null ? '' : `, ${data.load[last].toFixed(1)} of them busy`));
  find('chart-servers').setAttribute('aria-label', `Chart: ${data.active[last]} servers in service, ${data.coming[last]} on the way, floor ${data.floor[last]}`);
  const first = data.active.findIndex(v => v !== null), remembered = data.load.findIndex(v => v !== null) < first;
  const since = data.at[first] > data.now - day + 600 ? `Known since ${clock(data.at[first])}${remembered ? ', when bbb-scaler started; the load before that is remembered' : ''}. ` : '';
  const error = data.error === null ? '' : `The forecast was wrong by ${Math.round(100 * data.error)} % on average. `;
  note.textContent = since + error + `▲ ${sum('up')} starts and returns, ▼ ${sum('down')} stops, ✖ ${sum('failed')} failed steps.`;
}

// fillTable lists the values of each hour, the newest first.
function fillTable() {
  const rows = [];
  let hour = null;
  for (let i = data.at.length - 1; i >= 0; i--) {
    const h = Math.floor(data.at[i] / 3600);
    if (h === hour) continue;
    hour = h;
    const tr = document.createElement('tr');
    const cells = [stamp(data.at[i]), ...[data.people, data.load, data.forecast, data.capacity, data.active, data.coming, data.floor].map(s => s[i] === null ? '–' : String(Math.round(s[i] * 10) / 10))];
    cells.forEach((text, n) => {
      const cell = document.createElement(n ? 'td' : 'th');
      if (!n) cell.scope = 'row';
      cell.textContent = text;
      tr.append(cell);
    });
    rows.push(tr);
  }
  find('trend-table').querySelector('tbody').replaceChildren(...rows);
}

find('trend-table').addEventListener('toggle', e => { if (e.target.open && data) fillTable(); });
new ResizeObserver(() => {
  for (const chart of charts) {
    const width = chart.root.parentElement.clientWidth;
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height });
  }
}).observe(find('trend'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (data) build(); });
