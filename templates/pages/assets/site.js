// The only script: tells the form which time zone the reader's clock is in. Without it the hour is in UTC.
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
