"""Links to statuses: signals of strength, the place in the outline, a reviewer's decisions."""
