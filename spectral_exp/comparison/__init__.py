"""Methods side by side: the same data, net, budget and seeds for all, each in a process of its own."""
