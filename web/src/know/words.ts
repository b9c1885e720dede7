/** What a product says, in the reader's language where its folder has words of it. */
import type { AnswerSummary, LegendClass, Product, ProductWords } from '../api/types';
import { fill } from '../i18n/catalogue';
import { formatDate, formatNumber } from '../i18n/format';

/** The product with its texts in a language; as it is where it has none. */
export function inWords(product: Product, language: string): Product {
  const words = product.words?.[language];
  if (!words) return product;
  const { title, description, headline } = words;
  const classes = product.style.classes.map((one) => ({ ...one, label: word(words, one) }));
  return { ...product, title, description, headline, style: { classes } };
}

function word(words: ProductWords, { value, label }: LegendClass): string {
  return words.classes[value] ?? label;
}

/** Classes as an answer wrote them down; only those that mean what the product's do are put into words. */
export function classesInWords(
  written: LegendClass[],
  product: Product | undefined,
  language: string,
): LegendClass[] {
  const words = product?.words?.[language];
  if (!product || !words) return written;
  const same = ({ value, label }: LegendClass) =>
    product.style.classes.some((own) => own.value === value && own.label === label);
  return written.map((one) => (same(one) ? { ...one, label: word(words, one) } : one));
}

/** The answer's sentence, its figures as the language writes them; the node's own where there are no words. */
export function headlineOf(answer: AnswerSummary, product: Product | undefined, language: string): string {
  const words = product?.words?.[language];
  if (!words) return answer.headline;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.statistics ?? {})) {
    if (typeof value === 'string') values[name] = dated(language, value);
    else if (typeof value === 'number') values[name] = figure(language, name, value);
  }
  if (answer.area_km2 !== null) values.area_km2 = figure(language, 'area_km2', answer.area_km2);
  if (answer.valid_fraction !== null)
    values.valid_percent = formatNumber(language, 100 * answer.valid_fraction, 0);
  const text = fill(words.headline, values);
  // A figure that the answer does not have would stand there as its name.
  return /\{\w+\}/.test(text) ? answer.headline : text;
}

function dated(language: string, text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? formatDate(language, text) : text;
}

/** As the node rounds them: whole from a hundred up, two decimals from one, else four. */
function figure(language: string, name: string, value: number): string {
  const size = Math.abs(value);
  const digits = name === 'years' ? 1 : size >= 100 ? 0 : size >= 1 ? 2 : 4;
  return formatNumber(language, value, digits);
}
