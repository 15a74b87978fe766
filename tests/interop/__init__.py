"""Prisma's own programs in Node.js, and comparisons with them."""
