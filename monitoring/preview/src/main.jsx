// Draws one dashboard from its JSON. `setup` and the dashboard stand in the page as JSON.

import { createTheme, dateTimeFormat, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

import { Panel } from './panels.jsx';
import { register } from './registry.js';

const CELL = 38; // the height of a cell of Grafana's grid, with the gap below it
const GAP = 8;

const board = JSON.parse(document.getElementById('board').textContent);
const setup = JSON.parse(document.getElementById('setup').textContent);
const theme = createTheme({ colors: { mode: setup.theme } });
const panels = board.panels.filter((panel) => panel.type !== 'row');
const drawn = new Set();
window.faults = [];
window.done = () => drawn.size === panels.length;

function told(title, fault) {
  drawn.add(title);
  if (fault) {
    window.faults.push(`${title}: ${fault}`);
  }
}

function place(panel, wide) {
  const { x, y, w, h } = panel.gridPos;
  const cell = (wide + GAP) / 24;
  return { left: x * cell, top: y * CELL, width: w * cell - GAP, height: h * CELL - GAP };
}

function shown(variable) {
  if (variable.type === 'datasource') {
    return 'Prometheus';
  }
  return [variable.current.text].flat().join(' + ');
}

function Head() {
  const time = (at) => dateTimeFormat(at * 1000, { timeZone: setup.timeZone, format: 'ddd D MMM YYYY HH:mm' });
  return (
    <header>
      <h1>{board.title}</h1>
      <span className="preview">preview, drawn without Grafana</span>
      <span className="time">{time(setup.from)} to {time(setup.to)} UTC</span>
      <p>
        {board.templating.list.map((variable) => (
          <span key={variable.name} className="variable"><b>{variable.label}</b> {shown(variable)}</span>
        ))}
      </p>
    </header>
  );
}

function Board() {
  const wide = window.innerWidth - 2 * 16;
  const tall = Math.max(...board.panels.map((panel) => panel.gridPos.y + panel.gridPos.h)) * CELL;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <main style={{ background: theme.colors.background.canvas, color: theme.colors.text.primary }}>
        <Head />
        <section style={{ height: tall }}>
          {board.panels.map((panel) => {
            const where = place(panel, wide);
            return (
              <div key={panel.id} id={`panel-${panel.id}`} style={{ position: 'absolute', ...where }}>
                {panel.type === 'row' ? <h2>{panel.title}</h2> : <Panel panel={panel} setup={setup} width={where.width} height={where.height} told={told} />}
              </div>
            );
          })}
        </section>
      </main>
    </ThemeContext.Provider>
  );
}

async function begin() {
  await initPluginTranslations('preview');
  register();
  createRoot(document.getElementById('root')).render(<Board />);
}

begin().catch((fault) => window.faults.push(String(fault.stack ?? fault)));
