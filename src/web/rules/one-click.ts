/**
 * Did this body come from the button on our own page?
 *
 * Everything else is a mail program's one-click request (RFC 8058 section 3.2): urlencoded, multipart, empty, of another
 * type or not readable at all. Only our form sends `via=page`, and it is urlencoded.
 *
 * @param body - undefined when it could not be read
 */
export function isPageForm(contentType: string | undefined, body: string | undefined): boolean {
  if (body === undefined || !/^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')) return false;
  const fields = new URLSearchParams(body);
  return fields.get('via') === 'page' && !fields.has('List-Unsubscribe');
}
