/** Colours of what is drawn on canvases, where CSS variables do not reach. */
export interface Palette {
  name: 'dark' | 'light';
  ocean: string;
  land: string;
  coast: string;
  border: string;
  graticule: string;
  label: string;
  halo: string;
  sky: string;
  satellite: string;
  planned: string;
  picked: string;
  station: string;
  watch: string;
  polygon: string;
  footprint: string;
}

export const DARK: Palette = {
  name: 'dark',
  ocean: '#0a1a2c',
  land: '#22354a',
  coast: '#4d6a87',
  border: '#3c546d',
  graticule: 'rgba(150, 180, 210, 0.10)',
  label: '#a9bdd2',
  halo: 'rgba(6, 12, 20, 0.85)',
  sky: '#3f7fb8',
  satellite: '#f3f7fc',
  planned: '#d2b4ff',
  picked: '#ffd166',
  station: '#7fd6a4',
  watch: '#4fd8cc',
  polygon: '#7cc4ff',
  footprint: '#ff9f6b',
};

export const LIGHT: Palette = {
  name: 'light',
  ocean: '#c3dbe9',
  land: '#f6f3ea',
  coast: '#8fa9bb',
  border: '#cfc7b4',
  graticule: 'rgba(50, 90, 120, 0.13)',
  label: '#4b5a68',
  halo: 'rgba(255, 255, 255, 0.88)',
  sky: '#9cc8ea',
  satellite: '#13283f',
  planned: '#6d3bbf',
  picked: '#b45309',
  station: '#166a45',
  watch: '#0b6f69',
  polygon: '#0b5cad',
  footprint: '#b4470d',
};

/** Classes of the revisit map, from often to seldom; told apart without colour too, by lightness. */
export const REVISIT = ['#fde725', '#5ec962', '#21918c', '#3b528b', '#440154'] as const;

const media = window.matchMedia('(prefers-color-scheme: light)');

export function palette(): Palette {
  return media.matches ? LIGHT : DARK;
}

export function onPalette(change: (next: Palette) => void): () => void {
  const listener = () => change(palette());
  media.addEventListener('change', listener);
  return () => media.removeEventListener('change', listener);
}
