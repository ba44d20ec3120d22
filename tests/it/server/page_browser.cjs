// Opens the page of a server in Chromium: every view in both languages, light and dark, on a phone and a wide screen;
// the ways of a user with mouse and keyboard; rules of accessibility; hostile log text. Prints the checks that failed as
// JSON. Environment: BASE, TOKEN, CHROMIUM, VIEWS (JSON: paths by name), MARKER (text in each hostile line).
'use strict';
const { chromium } = require('playwright-core');
const axe = require('fs').readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const { BASE, TOKEN, CHROMIUM, MARKER } = process.env;
const views = JSON.parse(process.env.VIEWS);
const failures = [];
let checks = 0;

function check(holds, what) {
  checks += 1;
  if (!holds) failures.push(what);
}

async function signedIn(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  page.on('pageerror', (error) => failures.push(`${page.url()}: ${error}`));
  page.on('dialog', (dialog) => { failures.push(`${page.url()}: a dialog`); dialog.dismiss(); });
  page.on('console', (message) => {
    // what the policy blocks is logged as an error
    if (message.type() === 'error' && !/status of 4/.test(message.text())) failures.push(`${page.url()}: ${message.text()}`);
  });
  await page.goto(`${BASE}/runs?lang=en`);
  await page.getByLabel('Access token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${BASE}/runs`);
  return page;
}

async function everyView(page, options) {
  for (const [name, path] of Object.entries(views)) {
    for (const lang of ['zh', 'en']) {
      const separator = path.includes('?') ? '&' : '?';
      const response = await page.goto(`${BASE}${path}${separator}lang=${lang}`);
      const where = `${name} ${lang} ${JSON.stringify(options)}`;
      check(response.status() === 200, `${where}: status ${response.status()}`);
      check((await page.getAttribute('html', 'lang')).startsWith(lang), `${where}: language`);
      const policy = response.headers()['content-security-policy'] || '';
      check(policy.includes("default-src 'none'") && !policy.includes('unsafe'), `${where}: policy ${policy}`);
      check(await page.evaluate(() => document.documentElement.dataset.ready === 'true'), `${where}: script`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(over <= 0, `${where}: ${over} px wider than the screen`);
      check(await page.evaluate(() => !document.body.innerText.includes('undefined')), `${where}: undefined`);
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }));
      for (const { id, nodes } of found.violations) {
        check(false, `${where}: axe ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
      }
      check(true, where);
    }
  }
}

async function todayToEvidence(page) {
  await page.goto(`${BASE}/?lang=en`);
  await page.locator('.incident h3 a').first().click();
  await page.waitForURL(/\/incidents\//);
  check(await page.locator('.trace .badge').count() > 0, 'an incident has a verdict');
  check(await page.locator('svg.chain').count() > 0, 'an incident has a timeline');
  await page.locator('[aria-labelledby=h-decisive] .lines a').first().click();
  await page.waitForURL(/\/explore\?row_id=/);
  check(await page.locator('.stream .is-row').count() === 1, 'the line is among its neighbours');
  await page.locator('.stream .p-workload').first().click();
  await page.waitForURL(/workload=/);
  check(await page.locator('.stream li').count() > 0, 'a click filters by the workload');
  check(await page.locator('.histogram rect').count() > 0, 'the lines have a histogram');
}

async function statement(page) {
  await page.goto(`${BASE}/sql?lang=en`);
  await page.locator('#q').fill('');
  await page.locator('#q').pressSequentially('select lev');
  check(await page.locator('#words').isVisible(), 'the editor completes');
  await page.keyboard.press('Tab');
  const typed = await page.inputValue('#q');
  check(typed === 'select level', `the completion is inserted: ${typed}`);
  await page.locator('#q').fill("select coalesce(level, 'none') as level, count(*) as n from business group by 1 order by 1");
  await page.keyboard.press('Control+Enter');
  await page.waitForURL(/q=select/);
  check(await page.locator('.rows tbody tr').count() > 0, 'the statement has rows');
  await page.getByRole('link', { name: 'Bars' }).click();
  check(await page.locator('.chart rect').count() > 0, 'the rows are drawn');
  // fetched as the link names it: a headless browser may refuse to keep a file
  const file = (name) => page.getByRole('link', { name }).evaluate(async (link) => {
    const response = await fetch(link.href);
    return { kind: response.headers.get('content-disposition'), text: (await response.text()).slice(0, 40) };
  });
  const [csv, parquet] = [await file('CSV'), await file('Parquet')];
  check(csv.text.startsWith('level,n') && csv.kind.includes('rows.csv'), `the CSV is ${JSON.stringify(csv)}`);
  check(parquet.text.startsWith('PAR1') && parquet.kind.includes('rows.parquet'), `the Parquet file is ${JSON.stringify(parquet)}`);
  check(await page.locator('#history a').count() > 0, 'the statement is kept');
  await page.goto(`${BASE}/sql?lang=en&q=drop+table+audit`);
  check(await page.locator('[role=alert]').isVisible(), 'why a statement failed is shown beside the editor');
}

async function keyboardOnly(page) {
  await page.goto(`${BASE}/?lang=en`);
  await page.keyboard.press('Tab');
  check(await page.evaluate(() => document.activeElement.classList.contains('skip')), 'the first stop skips to the content');
  await page.keyboard.press('Enter');
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.matches('.incident h3 a'))) break;
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/incidents\//);
  await page.goto(`${BASE}/explore?lang=en`);
  await page.keyboard.press('/');
  check(await page.evaluate(() => document.activeElement.name === 'contains'), '`/` goes to the text');
  await page.keyboard.type('connection');
  await page.keyboard.press('Enter');
  await page.waitForURL(/contains=connection/);
  check(await page.locator('.chips').count() > 0, 'the filter is shown');
}

async function colors(browser) {
  const page = await signedIn(browser, { colorScheme: 'dark', viewport: { width: 1280, height: 900 } });
  const color = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(`${BASE}/?lang=en`);
  const dark = await color();
  await page.locator('#theme').click();
  const light = await color();
  check(dark !== light, `dark ${dark} and light ${light} differ`);
  await page.goto(`${BASE}/runs?lang=en`);
  check(await color() === light, 'the choice is kept');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/login/);
  await page.goto(`${BASE}/`);
  check(await page.locator('#token').count() === 1, 'after signing out, the token is requested');
}

async function hostile(page) {
  const paths = [`/explore?contains=${MARKER}&lang=en`, `/sql?lang=en&q=${encodeURIComponent(
    `select message, pod, workload, namespace from business where strpos(message, '${MARKER}') > 0`)}`,
  `/rules?id=business/hostile&lang=en`, '/rules?lang=en', `/trace?lang=en&kind=workload&from=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`];
  for (const path of paths) {
    await page.goto(`${BASE}${path}`);
    const live = await page.evaluate(() => ({
      scripts: Array.from(document.scripts).filter((script) => !script.src.includes('/assets/')).length,
      images: document.querySelectorAll('main img, main iframe, main object, main embed, main base, main meta, main style, main link').length,
      handlers: Array.from(document.querySelectorAll('*')).filter((element) => Array.from(element.attributes).some((of) => /^on/i.test(of.name))).length,
      urls: Array.from(document.querySelectorAll('a')).filter((link) => new URL(link.getAttribute('href'), location).origin !== location.origin).length,
      owned: Boolean(window.owned),
    }));
    check(Object.values(live).every((count) => !count), `${path}: hostile text is live: ${JSON.stringify(live)}`);
  }
  await page.goto(`${BASE}${paths[0]}`);
  const lines = await page.locator('.stream li').count();
  check(lines >= 30, `${lines} of 30 hostile lines are shown`);
}

(async () => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic'] });
  const wide = await signedIn(browser, { viewport: { width: 1440, height: 900 } });
  await everyView(wide, { width: 1440 });
  await todayToEvidence(wide);
  await statement(wide);
  await keyboardOnly(wide);
  await hostile(wide);
  await everyView(await signedIn(browser, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }), { width: 360, dark: true });
  await colors(browser);
  await browser.close();
  console.log(JSON.stringify({ checks, failures }));
})().catch((error) => {
  console.log(JSON.stringify({ checks, failures: [...failures, String(error.stack)] }));
});
