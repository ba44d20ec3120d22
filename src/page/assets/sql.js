// The editor: completion of tables, columns and functions, the statements run before, and Ctrl+Enter.
'use strict';
(() => {
  const editor = document.getElementById('q');
  const form = editor.form;
  const list = document.getElementById('words');
  const functions = ['abs', 'array_agg', 'array_length', 'avg', 'between', 'case when', 'cast', 'ceil', 'coalesce',
    'concat', 'count', 'count(distinct', 'date_bin', 'date_trunc', 'distinct', 'floor', 'from', 'group by', 'having',
    'interval', 'is not null', 'join', 'lag', 'lead', 'least', 'greatest', 'left join', 'length', 'like', 'limit',
    'lower', 'max', 'median', 'min', 'now', 'nullif', 'order by', 'over (partition by', 'regexp_like',
    'regexp_replace', 'replace', 'round', 'row_number', 'select', 'split_part', 'strpos', 'substr', 'sum', 'to_timestamp',
    'trim', 'union all', 'upper', 'where', 'with'];
  const tables = new Map();
  for (const table of document.querySelectorAll('[data-table]')) {
    const columns = Array.from(table.querySelectorAll('[data-column]'), (column) => column.dataset.column);
    tables.set(table.dataset.table, columns);
  }

  // the word before the cursor; in `audit.na` it is `na` of the table `audit`
  function word() {
    const before = editor.value.slice(0, editor.selectionStart);
    const match = /(?:([a-z_]\w*)\.)?([a-z_]\w*)$/i.exec(before);
    return match ? { table: match[1], text: match[2], start: before.length - match[2].length } : null;
  }

  function matching(of) {
    const begin = of.text.toLowerCase();
    if (of.table) return (tables.get(of.table.toLowerCase()) || []).filter((name) => name.startsWith(begin));
    const named = Array.from(tables.keys()).filter((name) => new RegExp(`\\b${name}\\b`, 'i').test(editor.value));
    const columns = (named.length ? named : Array.from(tables.keys())).flatMap((name) => tables.get(name));
    const all = new Set([...tables.keys(), ...columns, ...functions]);
    return Array.from(all).filter((name) => name.startsWith(begin) && name !== begin).slice(0, 12);
  }

  let chosen = 0;
  let words = [];

  function close() {
    words = [];
    list.hidden = true;
    list.replaceChildren();
    editor.setAttribute('aria-expanded', 'false');
    editor.removeAttribute('aria-activedescendant');
  }

  function mark() {
    Array.from(list.children).forEach((item, at) => item.setAttribute('aria-selected', String(at === chosen)));
    editor.setAttribute('aria-activedescendant', `word-${chosen}`);
  }

  function open() {
    const of = word();
    words = of && of.text.length > (of.table ? 0 : 1) ? matching(of) : [];
    if (!words.length) return close();
    chosen = 0;
    list.replaceChildren(...words.map((name, at) => {
      const item = document.createElement('li');
      item.id = `word-${at}`;
      item.setAttribute('role', 'option');
      item.textContent = name;
      item.addEventListener('mousedown', (event) => { event.preventDefault(); chosen = at; take(); });
      return item;
    }));
    list.hidden = false;
    editor.setAttribute('aria-expanded', 'true');
    mark();
  }

  function insert(text, start) {
    editor.setRangeText(text, start, editor.selectionEnd, 'end');
    editor.focus();
  }

  function take() {
    insert(words[chosen], word().start);
    close();
  }

  editor.addEventListener('input', open);
  editor.addEventListener('blur', close);
  editor.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (words.length && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      chosen = (chosen + (event.key === 'ArrowDown' ? 1 : words.length - 1)) % words.length;
      mark();
    } else if (words.length && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      take();
    } else if (words.length && event.key === 'Escape') {
      close();
    }
  });
  for (const button of document.querySelectorAll('[data-insert]')) {
    button.addEventListener('click', () => insert(button.dataset.insert, editor.selectionStart));
  }

  // statements run before, on this machine only
  const key = 'headwater.statements';
  const most = 30;
  let before = [];
  try { before = JSON.parse(localStorage.getItem(key)) || []; } catch { /* none */ }
  if (!Array.isArray(before)) before = [];
  before = before.filter((text) => typeof text === 'string');
  const current = editor.value.trim();
  if (current && document.querySelector('[data-answer]')) {
    before = [current, ...before.filter((text) => text !== current)].slice(0, most);
    try { localStorage.setItem(key, JSON.stringify(before)); } catch { /* not kept */ }
  }
  const history = document.getElementById('history');
  if (before.length) {
    history.hidden = false;
    const items = before.map((text) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = `/sql?q=${encodeURIComponent(text)}`;
      link.textContent = text.replace(/\s+/g, ' ').slice(0, 120);
      item.append(link);
      return item;
    });
    history.querySelector('ol').replaceChildren(...items);
    history.querySelector('button').addEventListener('click', () => {
      try { localStorage.removeItem(key); } catch { /* nothing kept */ }
      history.hidden = true;
    });
  }
})();
