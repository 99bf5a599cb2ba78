//! Rules about the sources themselves: layers, tables that must agree, messages.

mod collectors;
mod layers;
mod messages;
mod pages;
mod private;
mod python;
mod quickstart;
mod shop;
mod sources;
mod tables;
