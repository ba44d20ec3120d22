// Runs a rule over the days one at a time, so that each day is shown as soon as it is known.
'use strict';
(() => {
  const start = document.getElementById('backtest');
  if (!start) return;
  const progress = document.getElementById('progress');
  const status = document.getElementById('backtest-status');
  const table = document.getElementById('backtest-days');
  const days = start.dataset.days.split(' ').filter(Boolean);

  function cell(text, isNumber) {
    const cell = document.createElement('td');
    if (isNumber) cell.className = 'num';
    cell.textContent = text;
    return cell;
  }

  function row(cells) {
    const row = document.createElement('tr');
    row.append(...cells);
    table.tBodies[0].append(row);
  }

  async function run() {
    start.setAttribute('aria-disabled', 'true');
    table.tBodies[0].replaceChildren();
    table.hidden = false;
    progress.hidden = false;
    progress.max = days.length;
    for (const [at, day] of days.entries()) {
      progress.value = at;
      status.textContent = `${at} / ${days.length}: ${day}`;
      const response = await fetch('/v1/rules/backtest', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ rule: start.dataset.rule, from: day, to: day }),
      });
      const answer = await response.json();
      if (!response.ok) {
        row([cell(day), cell(''), cell(''), cell(''), cell(answer.detail || String(response.status))]);
        continue;
      }
      for (const of of answer.days) {
        const problems = of.problems.map((problem) => problem.what);
        row([cell(of.date), cell(String(of.rows), true), cell(String(of.findings), true),
          cell(String(of.hidden), true), cell([...problems, ...of.samples].join('\n'))]);
      }
    }
    progress.value = days.length;
    status.textContent = `${days.length} / ${days.length}`;
    start.removeAttribute('aria-disabled');
  }

  start.addEventListener('click', (event) => {
    event.preventDefault();
    if (start.getAttribute('aria-disabled')) return;
    run().catch((error) => {
      status.textContent = String(error);
      start.removeAttribute('aria-disabled');
    });
  });
})();
