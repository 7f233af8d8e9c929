"""The extension Skills (SEP-2640): folders of instructions for models, which apps bring in `skills/NAME/SKILL.md`."""
