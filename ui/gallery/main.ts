/**
 * Every component in every state, in both themes and any language: `npm run dev`, then /gallery/. It is no part of the
 * app: a build begins at index.html alone.
 */
import { mount } from 'svelte';
import { FakeCore } from '../tests/fake-core';
import { enliven } from '../tests/lively';
import '../src/app.css';
import Gallery from './Gallery.svelte';

enliven(new FakeCore(), 40).install();
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
mount(Gallery, { target });
