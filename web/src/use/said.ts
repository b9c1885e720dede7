/** What a step of a trace says, in the reader's language; the node's own English where it has no facts. */
import type { StepSaid, TraceStep } from '../api/types';
import type { Key } from '../i18n/catalogue';

type Say = (key: Key, values?: Record<string, string | number>) => string;

/** The key of a message and its values; `product` puts a product's id into words. */
function message(
  said: StepSaid,
  product: (id: string) => string,
): [Key, Record<string, string | number>] | null {
  switch (said.is) {
    case 'asked':
      return ['said.asked', { product: product(said.product), watch: said.watch }];
    case 'observed':
      return ['said.observed', { scene: said.scene }];
    case 'sent':
      return ['said.sent', { satellite: said.satellite, station: said.station }];
    case 'sent_over':
      return ['said.sent_over', { satellite: said.satellite, relay: said.relay, station: said.station }];
    case 'carried':
      return ['said.carried', {}];
    case 'taken_in':
      return [`said.taken_in.${said.way}`, {}];
    case 'catalogued':
      return ['said.catalogued', {}];
    case 'computed':
      return ['said.computed', { product: product(said.product) }];
    case 'published':
      return ['said.published', { answer: said.answer }];
    case 'told':
      return said.calls === 0 ? ['said.told', {}] : ['said.told_and_called', { calls: said.calls }];
    default:
      // A newer node may say more than this page knows.
      return null;
  }
}

/** Names stand apart from the words around them, whichever way those are written. */
const isolated = (value: string | number) => `\u2068${value}\u2069`;

/** The sentence, and whether it is the reader's language. */
export function titleOf(
  step: TraceStep,
  say: Say,
  product: (id: string) => string,
): { text: string; own: boolean } {
  const found = step.said && message(step.said, product);
  if (!found) return { text: step.title, own: false };
  const [key, values] = found;
  const apart = Object.entries(values).map(([name, value]) => [name, isolated(value)]);
  return { text: say(key, Object.fromEntries(apart)), own: true };
}
