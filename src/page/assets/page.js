// Colors, copying, and keys. Every page works without it. Texts are only ever set as text.
'use strict';
(() => {
  const root = document.documentElement;

  const theme = document.getElementById('theme');
  theme.hidden = false;
  theme.addEventListener('click', () => {
    const isDark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = isDark ? 'light' : 'dark';
    try { localStorage.setItem('headwater.theme', root.dataset.theme); } catch { /* not kept */ }
  });

  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      const name = button.textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = button.dataset.done;
      } catch {
        const range = document.createRange();
        range.selectNodeContents(document.getElementById(button.dataset.copy));
        getSelection().removeAllRanges();
        getSelection().addRange(range);
      }
      setTimeout(() => { button.textContent = name; }, 1600);
    });
  }

  // `/` goes to the first field, as in most tools; it stays a character within fields
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.matches('input, textarea, select');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = document.querySelector('[data-first]');
    if (!field) return;
    event.preventDefault();
    field.focus();
  });

  for (const form of document.querySelectorAll('form[data-busy]')) {
    form.addEventListener('submit', () => {
      form.setAttribute('aria-busy', 'true');
      const status = form.querySelector('[role=status]');
      if (status) status.textContent = form.dataset.busy;
    });
  }
  // the page may come back from the history as it was left
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[aria-busy]')) form.removeAttribute('aria-busy');
  });
  root.dataset.ready = 'true';
})();
