import { expect, test } from 'vitest';
import type { Product } from '../api/types';
import { legend } from './legend';

test('a class that is drawn clear is not in the legend', () => {
  const classes = [
    { value: 0, label: 'dry', color: '#00000000' },
    { value: 1, label: 'water', color: '#1e88e5' },
  ];
  expect(legend({ style: { classes } } as Product).map(({ label }) => label)).toEqual(['water']);
});
