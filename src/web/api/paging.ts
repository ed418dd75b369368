/**
 * The `Link` header (RFC 8288) with the address of the next page.
 *
 * @param address - of the list, absolute
 * @param query - as it was understood; of a page by number only its filters stay
 * @param cursor - null: this is the last page, and there is no header
 */
export function linkHeaders(
  address: string,
  query: Readonly<Record<string, string | number | undefined>>,
  cursor: string | null,
): Record<string, string> {
  if (cursor === null) return {};
  const { page: _, before: __, ...rest } = query;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...rest, cursor }))
    if (value !== undefined) parameters.set(name, String(value));
  return { Link: `<${address}?${parameters}>; rel="next"` };
}
