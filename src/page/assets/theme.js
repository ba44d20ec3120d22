// Applies the chosen colors before the page is drawn. Without a choice, those of the system apply.
'use strict';
try {
  const theme = localStorage.getItem('headwater.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch { /* no storage: the colors of the system */ }
