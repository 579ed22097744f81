// The main page.

import { body, find, follow, takeRegion } from './live.js';
import { beginRows, takeRows } from './rows.js';
import { beginControl } from './control.js';
import { draw } from './chart.js';

beginRows();
beginControl();
draw();
follow(change => {
  for (const name in change.regions) takeRegion(name, change.regions[name]);
  takeRows(change);
  if (change.trend || change.whole) draw();
}, () => find('headline').dataset.title);
body.dataset.ready = '1'; // for tests
