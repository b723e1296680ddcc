-- A person as of today: the records of a youth are not the public's, until the eighteenth birthday (41-5-215 MCA).
CREATE VIEW person_today AS
SELECT person.*, coalesce(birth_date > current_date - interval '18 years', false) AS is_youth FROM person;
