//! Read: types and fields of the graph out of a valid schema, not yet linked.

use super::place;
use crate::graph::problem::{File, Place, Problem, Problems};
use crate::graph::{
    Argument, Data, Field, FieldId, Graph, Kind, Link, LinkKeys, Mode, Object, Role, Scalar, Search, Ty, Type, TypeId,
    Wrap,
};
use apollo_compiler::ast::{self, Value};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::{Directive, ExtendedType, FieldDefinition, InputValueDefinition, ObjectType};
use apollo_compiler::{Node, Schema};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the schema declares. Keys, subjects and links are still text; `link` resolves them.
pub(in crate::graph) struct Declared {
    pub types: Vec<Type>,
    pub fields: Vec<Field>,
    pub names: HashMap<Arc<str>, TypeId>,
    pub query: TypeId,
    pub mutation: Option<TypeId>,
    /// The type of subscriptions.
    pub other_roots: Vec<TypeId>,
    pub entities: Vec<Entity>,
    pub facts: Vec<Facts>,
    pub spoken: Vec<Spoken>,
    /// Every field that leads to another record.
    pub linked: Vec<Linked>,
    /// Fields of a type that the schema does not have; none where it is valid.
    pub untyped: HashSet<FieldId>,
    pub problems: Problems,
}

impl Declared {
    /// The graph with its types and fields, which are no longer here then.
    pub fn graph(&mut self, epoch: u64) -> Graph {
        Graph {
            types: std::mem::take(&mut self.types),
            fields: std::mem::take(&mut self.fields),
            sources: Vec::new(),
            bindings: Vec::new(),
            crosswalks: Vec::new(),
            views: Vec::new(),
            query: self.query,
            mutation: self.mutation,
            epoch,
            names: std::mem::take(&mut self.names),
        }
    }
}

/// `@entity` as written.
pub(in crate::graph) struct Entity {
    pub on: TypeId,
    pub key: Option<(String, Place)>,
    pub subject: Option<(String, Place)>,
}

/// One argument of `@facts` as written: the name of the fact, and the way to its field.
pub(in crate::graph) struct Facts {
    pub on: TypeId,
    pub name: Arc<str>,
    pub path: String,
    pub place: Place,
}

/// `@speaksOf` as written.
pub(in crate::graph) struct Spoken {
    pub on: TypeId,
    pub of: String,
    pub key: String,
    pub place: Place,
}

/// `@link` as written, or a field of the query type.
pub(in crate::graph) struct Linked {
    pub field: FieldId,
    pub by: Option<(Arc<str>, Place)>,
}

struct Reader<'a> {
    schema: &'a Schema,
    files: &'a [Arc<File>],
    declared: Declared,
}

pub(in crate::graph) fn read(schema: &Schema, files: &[Arc<File>]) -> Declared {
    let names: HashMap<Arc<str>, TypeId> = schema
        .types
        .keys()
        .filter(|name| !name.starts_with("__"))
        .enumerate()
        .map(|(at, name)| (Arc::from(name.as_str()), TypeId(u32::try_from(at).unwrap_or(u32::MAX))))
        .collect();
    let root =
        |name: Option<&apollo_compiler::schema::ComponentName>| name.and_then(|name| names.get(name.as_str())).copied();
    let roots = &schema.schema_definition;
    let query = root(roots.query.as_ref()).unwrap_or(TypeId(0));
    let mutation = root(roots.mutation.as_ref());
    let other_roots = root(roots.subscription.as_ref()).into_iter().collect();
    let (types, fields, entities, facts, linked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let spoken = Vec::new();
    let mut problems = Problems::default();
    if let Some(name) = &roots.subscription {
        let at = schema.get_object(name).and_then(|ty| ty.name.location());
        let message = format!("queries and mutations are served, not `{name}`");
        problems.push(Problem::error(&place(at, &schema.sources, files), message).with_hint("leave it out"));
    }
    let untyped = HashSet::new();
    let declared = Declared {
        types,
        fields,
        names,
        query,
        mutation,
        other_roots,
        entities,
        facts,
        spoken,
        linked,
        untyped,
        problems,
    };
    let mut reader = Reader { schema, files, declared };
    for (name, ty) in schema.types.iter().filter(|(name, _)| !name.starts_with("__")) {
        let kind = reader.kind(ty);
        let place = reader.place(ty.name().location());
        reader.declared.types.push(Type { name: Arc::from(name.as_str()), kind, place });
    }
    reader.declared
}

impl Reader<'_> {
    fn place(&self, at: Option<SourceSpan>) -> Place {
        place(at, &self.schema.sources, self.files)
    }

    fn kind(&mut self, ty: &ExtendedType) -> Kind {
        match ty {
            ExtendedType::Scalar(ty) => Kind::Scalar(scalar(&ty.name)),
            ExtendedType::Enum(ty) => Kind::Enum(ty.values.keys().map(|name| Arc::from(name.as_str())).collect()),
            ExtendedType::InputObject(ty) => {
                Kind::Input(ty.fields.values().map(|field| self.argument(&field.node)).collect())
            }
            ExtendedType::Union(ty) => {
                Kind::Abstract(ty.members.iter().filter_map(|member| self.id(member.as_str())).collect())
            }
            ExtendedType::Interface(ty) => {
                let implements = |other: &ExtendedType| match other {
                    ExtendedType::Object(object) => object.implements_interfaces.contains(&ty.name),
                    _ => false,
                };
                let possible = self.schema.types.iter().filter(|(_, other)| implements(other));
                Kind::Abstract(possible.filter_map(|(name, _)| self.id(name)).collect())
            }
            ExtendedType::Object(ty) => self.object(ty),
        }
    }

    fn id(&self, name: &str) -> Option<TypeId> {
        self.declared.names.get(name).copied()
    }

    fn object(&mut self, ty: &Node<ObjectType>) -> Kind {
        let Some(parent) = self.id(&ty.name) else { return Kind::Object(Object::default()) };
        if let Some(entity) = ty.directives.get("entity") {
            let text = |name| {
                let value = entity.specified_argument_by_name(name)?;
                Some((value.as_str()?.to_owned(), self.place(value.location())))
            };
            let entity = Entity { on: parent, key: text("key"), subject: text("subject") };
            self.declared.entities.push(entity);
        }
        self.facts(parent, ty);
        if let Some(said) = ty.directives.get("speaksOf") {
            let text = |name| said.specified_argument_by_name(name).and_then(|value| value.as_str()).map(str::to_owned);
            let place = self.place(said.location());
            let (of, key) = (text("of").unwrap_or_default(), text("key").unwrap_or_default());
            self.declared.spoken.push(Spoken { on: parent, of, key, place });
        }
        let own = data(ty.directives.get("data").map(|said| &***said));
        let mut object = Object { classes: own.classes, ..Object::default() };
        for field in ty.fields.values() {
            let id = FieldId(u32::try_from(self.declared.fields.len()).unwrap_or(u32::MAX));
            let field = self.field(parent, id, ty, field);
            self.declared.fields.push(field);
            object.fields.push(id);
        }
        Kind::Object(object)
    }

    fn facts(&mut self, on: TypeId, ty: &ObjectType) {
        for argument in ty.directives.get("facts").into_iter().flat_map(|facts| &facts.arguments) {
            let place = self.place(argument.value.location());
            match argument.value.as_str() {
                Some(path) => {
                    let (name, path) = (Arc::from(argument.name.as_str()), path.to_owned());
                    self.declared.facts.push(Facts { on, name, path, place });
                }
                None => self.declared.problems.push(
                    Problem::error(&place, format!("`{}` must name a field of `{}`", argument.name, ty.name))
                        .with_hint(
                            "write `directive @facts(NAME: String, …) on OBJECT`, and the way to a field for each",
                        ),
                ),
            }
        }
    }

    fn field(&mut self, parent: TypeId, id: FieldId, ty: &ObjectType, field: &FieldDefinition) -> Field {
        let place = self.place(field.name.location());
        let role = self.role(parent, ty, field);
        if self.id(field.ty.inner_named_type()).is_none() {
            self.declared.untyped.insert(id);
        }
        if matches!(role, Role::Link(_)) {
            let by = field.directives.get("link").and_then(|link| link.specified_argument_by_name("by"));
            let by = by.and_then(|by| Some((Arc::from(by.as_str()?), self.place(by.location()))));
            self.declared.linked.push(Linked { field: id, by });
        }
        let arguments = field.arguments.iter().map(|argument| self.argument(argument)).collect();
        let interfaces = ty.implements_interfaces.iter().filter_map(|name| self.schema.get_interface(name));
        let around = std::iter::once(&ty.directives).chain(interfaces.map(|interface| &interface.directives));
        let around = around.filter_map(|directives| directives.get("data")).map(|said| &***said);
        let own = field.directives.get("data").map(|said| &**said);
        self.check(field);
        let mut data = data(own.into_iter().chain(around));
        self.as_interfaces(ty, &field.name, &mut data);
        Field {
            parent,
            name: Arc::from(field.name.as_str()),
            ty: self.ty(&field.ty),
            arguments,
            role,
            data,
            search: self.search(field),
            place,
        }
    }

    /// `@search` as written; `link` holds its paths against the arguments.
    fn search(&self, field: &FieldDefinition) -> Option<Search> {
        const PREFIX_MIN: u32 = 2;
        let said = field.directives.get("search")?;
        let value = |name| said.specified_argument_by_name(name).map(|value| &**value);
        let needs = value("needs").and_then(Value::as_list).unwrap_or_default();
        let paths = |entry: &str| entry.split_whitespace().map(Arc::from).collect();
        let needs = needs.iter().filter_map(|entry| entry.as_str()).map(paths).collect();
        let prefix_min = value("prefixMin").and_then(Value::to_i32).and_then(|letters| u32::try_from(letters).ok());
        let (prefix_min, place) = (prefix_min.unwrap_or(PREFIX_MIN), self.place(said.location()));
        Some(Search { needs, prefix_min, beginnings: Vec::new(), place })
    }

    fn argument(&self, argument: &InputValueDefinition) -> Argument {
        Argument {
            name: Arc::from(argument.name.as_str()),
            ty: self.ty(&argument.ty),
            has_default: argument.default_value.is_some(),
            classes: data(argument.directives.get("data").map(|said| &**said)).classes,
        }
    }

    /// A field has the classes that its interfaces give it too: it is never looser than what it is asked as.
    fn as_interfaces(&self, ty: &ObjectType, name: &str, data: &mut Data) {
        let interfaces = ty.implements_interfaces.iter().filter_map(|name| self.schema.get_interface(name));
        let fields = interfaces.filter_map(|interface| interface.fields.get(name));
        for class in fields.flat_map(|field| self::data(field.directives.get("data").map(|said| &**said)).classes) {
            if !data.classes.contains(&class) {
                data.classes.push(class);
            }
        }
    }

    fn role(&self, parent: TypeId, ty: &ObjectType, field: &FieldDefinition) -> Role {
        let named = field.ty.inner_named_type();
        let is_node = ty.implements_interfaces.iter().any(|interface| interface.name == "Node");
        if is_node && field.name == "nodeId" && field.ty.to_string() == "ID!" {
            return Role::NodeId;
        }
        if field.name == "provenance" && named == "Provenance" && field.ty.to_string() == "[Provenance!]!" {
            return Role::Provenance;
        }
        if field.name == "conflicts" && named == "Conflict" && field.ty.to_string() == "[Conflict!]" {
            return Role::Conflicts;
        }
        let leaf = self.schema.types.get(named).is_none_or(ExtendedType::is_leaf);
        // Its keys and feeds come with the resolver files.
        let link = Link { keys: LinkKeys::Find, feeds: Vec::new(), pages: None };
        let root = parent == self.declared.query || Some(parent) == self.declared.mutation;
        match (leaf, root || field.directives.has("link")) {
            (true, _) => Role::Value,
            (false, true) => Role::Link(link),
            (false, false) => Role::Embedded,
        }
    }

    /// What the types of the directives' arguments can't say.
    fn check(&mut self, field: &FieldDefinition) {
        let leaf = self.schema.types.get(field.ty.inner_named_type()).is_some_and(ExtendedType::is_leaf);
        if leaf && let Some(link) = field.directives.get("link") {
            let message = format!("`{}` has no record to lead to, `{}` is a plain value", field.name, field.ty);
            let problem = Problem::error(&self.place(link.location()), message).with_hint("leave `@link` out");
            self.declared.problems.push(problem);
        }
    }

    fn ty(&self, ty: &ast::Type) -> Ty {
        Ty { named: self.id(ty.inner_named_type()).unwrap_or(TypeId(0)), wrap: wrap(ty) }
    }
}

/// The first that says a thing decides it: the field, its type, the interfaces of its type.
fn data<'a>(said: impl IntoIterator<Item = &'a Directive>) -> Data {
    let mut data = Data::default();
    let mut mode = None;
    for directive in said {
        let value = |name| directive.specified_argument_by_name(name).map(|value| &**value);
        let word = |name| value(name).and_then(Value::as_enum).map(|word| Arc::<str>::from(word.as_str()));
        let seconds = |name| value(name).and_then(Value::to_i32).and_then(|seconds| u32::try_from(seconds).ok());
        data.owner = data.owner.or_else(|| word("owner"));
        mode = mode.or_else(|| word("mode"));
        data.ttl = data.ttl.or_else(|| seconds("ttl"));
        data.stale = data.stale.or_else(|| seconds("stale"));
        if data.classes.is_empty() {
            let classes = value("class").and_then(Value::as_list).unwrap_or_default();
            data.classes =
                classes.iter().filter_map(|class| class.as_enum()).map(|class| Arc::from(class.as_str())).collect();
        }
    }
    data.mode = match mode.as_deref() {
        Some("GOLDEN") => Mode::Golden,
        Some("LIVE") => Mode::Live,
        Some("GOLDEN_THEN_LIVE") => Mode::GoldenThenLive,
        Some("LIVE_THEN_GOLDEN") => Mode::LiveThenGolden,
        _ => Mode::Any,
    };
    data
}

fn wrap(ty: &ast::Type) -> Wrap {
    match ty {
        ast::Type::Named(_) => Wrap::Named { required: false },
        ast::Type::NonNullNamed(_) => Wrap::Named { required: true },
        ast::Type::List(of) => Wrap::List { required: false, of: Box::new(wrap(of)) },
        ast::Type::NonNullList(of) => Wrap::List { required: true, of: Box::new(wrap(of)) },
    }
}

fn scalar(name: &str) -> Scalar {
    match name {
        "Int" => Scalar::Int,
        "Float" => Scalar::Float,
        "String" => Scalar::String,
        "Boolean" => Scalar::Boolean,
        "ID" => Scalar::Id,
        "Date" => Scalar::Date,
        "DateTime" => Scalar::DateTime,
        "Money" => Scalar::Money,
        _ => Scalar::Other,
    }
}
