/** Deep links: everything the reader can look at has an address after `#`. */
export type RegisterTab = 'missions' | 'satellites' | 'instruments' | 'stations';
export const REGISTER_TABS: RegisterTab[] = ['missions', 'satellites', 'instruments', 'stations'];

export type ContactsTab = 'plan' | 'deliveries';
export const CONTACTS_TABS: ContactsTab[] = ['plan', 'deliveries'];

export type Route =
  | { page: 'watches' }
  | { page: 'contacts'; tab: ContactsTab }
  | { page: 'new-watch' }
  | { page: 'watch'; watch: string }
  | { page: 'layers'; watch: string; collection?: string; item?: string }
  | { page: 'answer'; watch: string; collection: string; item: string }
  | { page: 'register'; tab: RegisterTab }
  | { page: 'assumptions'; key?: string };

export function parse(hash: string): Route {
  const parts = hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decode);
  const [head, a, b, c, d] = parts;
  if (head === 'watch' && a) {
    if (b === 'layers')
      return { page: 'layers', watch: a, ...(c ? { collection: c } : {}), ...(d ? { item: d } : {}) };
    if (b === 'answer' && c && d) return { page: 'answer', watch: a, collection: c, item: d };
    return { page: 'watch', watch: a };
  }
  if (head === 'new-watch') return { page: 'new-watch' };
  if (head === 'contacts') return { page: 'contacts', tab: CONTACTS_TABS.find((tab) => tab === a) ?? 'plan' };
  if (head === 'register')
    return { page: 'register', tab: REGISTER_TABS.find((tab) => tab === a) ?? 'missions' };
  if (head === 'assumptions') return a ? { page: 'assumptions', key: a } : { page: 'assumptions' };
  return { page: 'watches' };
}

export function href(route: Route): string {
  const e = encodeURIComponent;
  switch (route.page) {
    case 'watch':
      return `#/watch/${e(route.watch)}`;
    case 'layers':
      return `#/${['watch', route.watch, 'layers', route.collection, route.item]
        .filter((part) => part !== undefined)
        .map(e)
        .join('/')}`;
    case 'answer':
      return `#/watch/${e(route.watch)}/answer/${e(route.collection)}/${e(route.item)}`;
    case 'contacts':
      return `#/contacts/${route.tab}`;
    case 'register':
      return `#/register/${route.tab}`;
    case 'assumptions':
      return route.key ? `#/assumptions/${e(route.key)}` : '#/assumptions';
    case 'new-watch':
      return '#/new-watch';
    case 'watches':
      return '#/';
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
