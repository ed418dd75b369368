import { domainToASCII } from 'node:url';

/** An address that mail can be sent to as it stands, or a sentence that says what to correct. */
export type Address =
  | {
      ok: true;
      /** What RCPT TO gets: the local part as typed, the domain in lower-case A-labels. ASCII only. */
      email: string;
      /** One person: `email` in lower case. Dots and `+tags` stay: to mail, they make another mailbox. */
      key: string;
    }
  | { ok: false; fault: string };

// RFC 5321 4.5.3.1: 64 octets for the local part; a path of 256 octets has its angle brackets, so 254 for an address.
const ADDRESS_MAX = 254;
const LOCAL_MAX = 64;
// RFC 5322 3.2.3 dot-atom. Quoted strings, comments and folding white space are mail syntax, but nobody's mailbox:
// they are how one address is smuggled inside another ("a@evil.example"@good.example).
const DOT_ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
// RFC 1035 2.3.1 as amended by RFC 1123 2.1: letters, digits, inner hyphens; 63 octets.
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NOT_ASCII = /[^\x20-\x7e]/;
// Characters that UTS 46 maps away; in an address they only serve to make two look alike.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zs}\p{Default_Ignorable_Code_Point}]/u;
// An internationalised domain holds letters, marks and digits of any script (RFC 5892, roughly), hyphens and dots, the ideographic dot
// too, which input methods type; ASCII only as any domain does: no %41, no slash. Symbols and emoji may be written as xn--.
const IDN = /^[A-Za-z0-9.\-\u00b7\u30fb\u3002\p{L}\p{M}\p{Nd}]+$/u;
// RFC 5891 4.2.3.1; in punycode such a hyphen would be inside the label, and domainToASCII lets it through.
const OUTER_HYPHEN = /(?:^|[.\u3002])-|-(?:$|[.\u3002])/;

const EXAMPLE = 'such as reader@example.org';
const refuse = (fault: string): Address => ({ ok: false, fault });

/** A-labels in lower case, or undefined where the text is no domain name. */
function domainInAscii(typed: string): string | undefined {
  const lower = typed.toLowerCase();
  if (!NOT_ASCII.test(typed)) {
    // domainToASCII also reads IPv4 in its odd forms and percent signs; it sees plain domains only where punycode is to be checked.
    if (!lower.split('.').every((label) => LABEL.test(label))) return undefined;
    return lower.includes('xn--') && domainToASCII(lower) !== lower ? undefined : lower;
  }
  if (INVISIBLE.test(typed) || !IDN.test(typed) || OUTER_HYPHEN.test(typed)) return undefined;
  const ascii = domainToASCII(typed.normalize('NFC'));
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : undefined;
}

/**
 * Reads a typed address: RFC 5321 `Mailbox` without quoted local parts and address literals. Pure, linear in time, never throws.
 *
 * Refused besides what the grammar refuses: white space around (the caller trims where it means to), a numeric top-level
 * label (RFC 3696 2), a domain without a dot unless it is a two-letter country code (of top-level domains only country codes may
 * answer mail: ICANN forbids it to the generic ones, SAC 053, RFC 7085), and local parts beyond ASCII, which only servers with
 * SMTPUTF8 take (RFC 6531) and most readers' mail systems do not.
 *
 * @param text - as typed; may be of any length
 */
export function normaliseAddress(text: string): Address {
  // Before all else, so that a megabyte costs nothing. A domain of repeated letters beyond the BMP may be
  // shorter in A-labels; nobody has one.
  if (text.length > ADDRESS_MAX)
    return refuse(`The address is too long: ${ADDRESS_MAX} characters is the most that mail allows.`);
  if (text === '') return refuse(`Enter an email address, ${EXAMPLE}.`);
  if (text !== text.trim()) return refuse('The address has a space before or after it; remove it.');

  const at = text.lastIndexOf('@');
  if (at === -1) return refuse(`The address has no @; enter one ${EXAMPLE}.`);
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (local === '') return refuse(`There is nothing before the @; enter an address ${EXAMPLE}.`);
  if (domain === '') return refuse(`There is nothing after the @; enter an address ${EXAMPLE}.`);
  if (local.includes('@')) return refuse('The address has more than one @; enter one address.');
  if (local.length > LOCAL_MAX)
    return refuse(`The part before the @ is too long: ${LOCAL_MAX} characters is the most that mail allows.`);
  if (NOT_ASCII.test(local) && !INVISIBLE.test(local))
    return refuse(
      'The part before the @ has letters beyond a-z, which many mail servers cannot take; enter an address without them.',
    );
  if (!DOT_ATOM.test(local))
    return refuse(
      'The part before the @ may hold letters, digits, single dots inside, and a few signs such as + _ -; correct it.',
    );

  const ascii = domainInAscii(domain);
  if (ascii === undefined)
    return refuse(`The part after the @ is not a domain name; enter an address ${EXAMPLE}.`);
  const labels = ascii.split('.');
  const top = labels.at(-1) ?? '';
  if (/^\d+$/.test(top))
    return refuse(
      `The part after the @ must be a domain name, not a number or IP address; enter one ${EXAMPLE}.`,
    );
  if (labels.length === 1 && !/^[a-z]{2}$/.test(top))
    return refuse(`The part after the @ has no dot; enter the whole address, ${EXAMPLE}.`);

  const email = `${local}@${ascii}`;
  if (email.length > ADDRESS_MAX)
    return refuse(`The address is too long: ${ADDRESS_MAX} characters is the most that mail allows.`);
  return { ok: true, email, key: email.toLowerCase() };
}
