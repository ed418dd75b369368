// The only script. It tells the form which time zone the reader's clock is in; without it the hour is in UTC. And it
// tries choices while they are made, as the button "Preview" does; nothing is saved by it.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  for (const input of document.querySelectorAll('input[data-timezone]')) {
    input.value = zone;
    for (const name of input.form.querySelectorAll('[data-timezone-name]')) {
      name.textContent = zone.replaceAll('_', ' ');
    }
  }
})();

(() => {
  const form = document.querySelector('form[data-preview]');
  if (!form) return;
  // As long as a pause between two words.
  const PAUSE_MS = 500;
  const parts = ['[data-preview-line]', '[data-preview-cards]'];
  let timer;
  let running;

  async function refresh() {
    running?.abort();
    running = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    for (const name of ['email', 'website', 'undo']) body.delete(name);
    body.set('preview', '1');
    try {
      // Not `form.action`: a field of that name would hide it.
      const address = form.getAttribute('action') ?? location.href;
      const answer = await fetch(address, { method: 'POST', body, signal: running.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      for (const part of parts) {
        const fresh = page.querySelector(part);
        if (fresh) document.querySelector(part)?.replaceChildren(...fresh.childNodes);
      }
    } catch {
      // Away or overtaken by the next change: the button is still there.
    }
  }

  form.addEventListener('input', (event) => {
    if (event.target.name === 'email') return;
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MS);
  });
})();
