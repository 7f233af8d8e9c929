"""The pages at /tools/, which call tools in a browser while DEBUG is on."""
