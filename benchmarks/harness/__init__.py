"""The harness: starts a server and the peers, lets them work in turns, and writes what it measured."""
